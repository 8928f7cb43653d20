import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from clips import animation, sweep, video
from dicoms import dicom
from image_files import NOISE, encoded
from paths import ROOT
from PIL import Image

from core.errors import UserError
from core.images import clip_decoder, dicom_header
from core.images import dicom as images_dicom
from core.images.decode import decode
from core.images.limits import CLIP_BYTES, LOCAL, UPLOAD, ImageError
from core.images.local import LocalFrame, check_frame_choice, frame_numbers, read_file, read_frames

CINE = np.stack([NOISE[..., 0], 255 - NOISE[..., 0], NOISE[..., 1]])


def bytes_of_a_head(width: int, height: int) -> bytes:
    """A PNG that only says how large it is."""
    whole = encoded(Image.new("1", (8, 8)))
    head = b"IHDR" + struct.pack(">II", width, height) + whole[24:29]
    return whole[:12] + head + struct.pack(">I", zlib.crc32(head)) + whole[33:]


def written(folder: Path, data: bytes) -> Path:
    path = folder / "x"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF"])
def test_a_file_is_read_as_its_bytes_are(tmp_path: Path, form: str) -> None:
    data = encoded(Image.fromarray(NOISE), form)
    path = written(tmp_path, data)
    assert (read_file(path).pixels == decode(data, "x").pixels).all()
    (only,) = read_frames(path)
    assert (only.number, only.alone, (only.pixels == read_file(path).pixels).all()) == (0, True, True)
    with pytest.raises(ImageError, match=r"x has one image, and no frame 2\."):
        read_file(path, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that no one can read")
def test_what_the_disk_does_not_give_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "scan.png").symlink_to("/proc/self/mem")  # its first byte is an error of input and output
    with pytest.raises(ImageError, match=r"scan\.png cannot be read: Input/output error; check the disk"):
        next(read_frames(tmp_path / "scan.png"))


def test_any_frame_is_read_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, dicom(CINE))
    assert [(one.number, one.alone) for one in read_frames(path)] == [(n, False) for n in range(3)]
    for number, frame in enumerate(CINE):
        decoded = read_file(path, number)
        assert (decoded.pixels == frame[..., np.newaxis]).all()
    assert decoded.notes == ("The file has 3 frames; frame 3 of 3 is used.",)
    with pytest.raises(ImageError, match=r"x has 3 frames, and no frame 4\."):
        read_file(path, 3)


@pytest.fixture
def started(monkeypatch) -> list[tuple[int, int | None]]:
    """First frame and end of each decoding that is started."""
    begun: list[tuple[int, int | None]] = []
    decode_frames = clip_decoder.decode_frames

    def recorded(data: bytes, first: int = 0, stop: int | None = None):
        begun.append((first, stop))
        return decode_frames(data, first, stop)

    monkeypatch.setattr(clip_decoder, "decode_frames", recorded)
    return begun


def chosen(path: Path, choice: str) -> list[LocalFrame]:
    return list(read_frames(path, choice))


@pytest.mark.parametrize("kind", ["gif", "dcm"])
def test_a_clip_is_decoded_once_whatever_is_chosen_of_it(tmp_path: Path, started, kind: str) -> None:
    frames = sweep(5)
    path = written(tmp_path, {"gif": animation(frames), "dcm": dicom(np.stack(frames))}[kind])
    for choice, numbers in (("all", range(5)), ("first", [0]), ("1", [0]), ("4", [3])):
        started.clear()
        read = chosen(path, choice)
        assert [one.number for one in read] == list(numbers)
        assert all((one.pixels[..., 0] == frames[one.number]).all() for one in read)
        assert not any(one.alone for one in read)
        assert len(started) == 1
    assert [one.number for one in chosen(path, "middle")] == [2]
    with pytest.raises(ImageError, match=r"x has 5 frames, and no frame 6\."):
        chosen(path, "6")


def test_the_header_of_a_dicom_file_is_read_once_and_the_file_too(tmp_path: Path, monkeypatch) -> None:
    parsed = []
    read_header = dicom_header.read_header
    for module in (images_dicom, dicom_header):
        monkeypatch.setattr(module, "read_header", lambda *given: parsed.append(given) or read_header(*given))
    for pixels in (CINE, CINE[0]):
        parsed.clear()
        list(read_frames(written(tmp_path, dicom(pixels))))
        assert len(parsed) == 1


def test_a_clip_of_one_frame_is_an_image_whatever_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, video(sweep(1)))
    for choice in ("all", "first", "middle", "1", "7"):
        assert [(one.number, one.alone) for one in chosen(path, choice)] == [(0, True)]


def test_a_clip_that_ends_too_early_returns_what_was_read_and_says_why(tmp_path: Path) -> None:
    frames = read_frames(written(tmp_path, dicom(CINE)[: -CINE[0].size]))
    assert next(frames).number == 0
    with pytest.raises(ImageError, match="x is damaged"):
        list(frames)


def test_a_clip_larger_than_its_limit_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, video(sweep(2)))
    os.truncate(path, CLIP_BYTES + 1)
    with pytest.raises(ImageError, match="x has 101 MB; a clip may have at most 100 MB"):
        chosen(path, "all")


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [("first", [0]), ("middle", [2]), ("all", [0, 1, 2, 3, 4]), ("1", [0]), ("05", [4])],
)
def test_frames_are_chosen_by_word_or_by_number_from_one(choice: str, numbers: list[int]) -> None:
    assert frame_numbers(choice, 5) == numbers


@pytest.mark.parametrize("choice", ["", "0", "-1", "1.5", "last", "\u0661", "9" * 5000])
def test_a_choice_that_is_none_is_refused(choice: str) -> None:
    for refuse in (check_frame_choice, lambda chosen: frame_numbers(chosen, 5)):
        with pytest.raises(UserError, match="give first, middle, all, or a number from 1"):
            refuse(choice)


def test_a_frame_beyond_the_last_is_refused() -> None:
    with pytest.raises(ImageError, match=r"has 5 frames, and no frame 6\."):
        frame_numbers("6", 5)


def test_all_frames_of_a_file_that_claims_a_million_are_refused_and_one_of_them_is_not() -> None:
    with pytest.raises(ImageError, match=r"has 1,000,000 frames, more than 600; choose one with --frame\."):
        frame_numbers("all", 1_000_000)
    assert frame_numbers("middle", 1_000_000) == [499_999]


def test_limits_for_uploads_do_not_bind_the_disk(tmp_path: Path) -> None:
    data = encoded(Image.new("1", (20_000, 1_001)))
    with pytest.raises(ImageError, match="too many pixels; send at most 20 million"):
        decode(data, "x")
    assert read_file(written(tmp_path, data)).pixels.shape == (1_001, 20_000, 3)
    more = written(tmp_path, bytes_of_a_head(20_001, 10_000))
    with pytest.raises(ImageError, match="too many pixels; reduce it to at most 200 million"):
        read_file(more)
    assert LOCAL.max_bytes == 2 * 2**30 > UPLOAD.max_bytes


def test_more_than_two_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    path = written(tmp_path, encoded(Image.fromarray(NOISE)))
    os.truncate(path, LOCAL.max_bytes + 1)  # a hole, which takes no room
    with pytest.raises(ImageError, match="has 2049 MB; reduce it to at most 2048 MB"):
        read_file(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("pipe", "is not a regular file"),
        (".", "is not a regular"),
        ("none", "cannot be opened"),
    ):
        for read in (read_file, lambda path: list(read_frames(path))):
            with pytest.raises(ImageError, match=message):
                read(tmp_path / name)


PEAK = """
import sys
from pathlib import Path
from core.images.local import read_file, read_frames
path = Path(sys.argv[1])
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
read_file(Path(sys.argv[2]))
before = peak()
(frame,) = read_frames(path, "1501")
print(frame.number, frame.pixels[5, 5].tolist(), (peak() - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_cine_of_a_gigabyte_takes_the_memory_of_a_frame(tmp_path: Path) -> None:
    small = dicom(np.zeros((3, 480, 640), np.uint8), NumberOfFrames=3_500)
    path = written(tmp_path, small[: -3 * 480 * 640])
    start = path.stat().st_size
    length = 3_500 * 480 * 640
    with path.open("r+b") as file:
        file.seek(start - 4)
        file.write(length.to_bytes(4, "little"))
        file.truncate(start + length)  # a hole, which takes no room
        file.seek(start + 1500 * 480 * 640 + 5 * 640 + 5)
        file.write(b"\x63")
    (tmp_path / "warm.dcm").write_bytes(dicom(CINE))
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), str(tmp_path / "warm.dcm")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    number, *value, megabytes = run.stdout.split()
    assert (number, value) == ("1500", ["[99,", "99,", "99]"])
    assert int(megabytes) < 20
