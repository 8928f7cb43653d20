import io
import struct
import zlib
from pathlib import Path

import pytest
from image_files import encoded
from PIL import Image

from core.images.decode import decode
from core.images.limits import LOCAL, UPLOAD, BoundedFile, BoundedReader, ImageError, Limits, check_size


def png_of_many_chunks() -> bytes:
    whole, piece = encoded(Image.new("L", (4, 4))), b"\0\0\0\0teSt" + struct.pack(">I", zlib.crc32(b"teSt"))
    return whole[:33] + piece * 10**6 + whole[33:]


def jpeg_of_many_chunks() -> bytes:
    whole = encoded(Image.new("L", (4, 4)), "JPEG")
    return whole[:2] + b"\xff\xe9\0\2" * 10**6 + whole[2:]


def jpeg_of_many_scans() -> bytes:
    whole = encoded(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    return whole[:-2] + whole[whole.rfind(b"\xff\xda") : -2] * 1000 + whole[-2:]


def bmp_of_many_chunks() -> bytes:
    runs, start = b"\1\5" * 9_000_000, 14 + 40 + 1024
    head = struct.pack("<IHHI", start + len(runs), 0, 0, start)
    head += struct.pack("<IiiHHIIiiII", 40, 4000, 4000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + head + bytes(1024) + runs


def tiff_of_many_chunks(order: str = "<", *, big: bool = False) -> bytes:
    count, size, entry, number = ("Q", 16, "HHQQ", 43) if big else ("H", 8, "HHII", 42)
    head = {"<": b"II", ">": b"MM"}[order]
    head += struct.pack(f"{order}HHHQ", number, 8, 0, 16) if big else struct.pack(f"{order}HI", number, 8)
    strips, lists = 1_200_000, 256
    tags = {256: 10, 257: strips, 258: 8, 259: 1, 262: 1, 273: None, 277: 1, 278: 1, 279: None}
    fields = [(tag, 4, *((strips, lists) if value is None else (1, value))) for tag, value in tags.items()]
    directory = struct.pack(order + count, len(tags))
    directory += b"".join(struct.pack(order + entry, *field) for field in fields)
    assert len(head) == size
    return (head + directory).ljust(lists, b"\0") + struct.pack(f"{order}I", 8) * strips


TOO_MUCH = {
    "PNG": png_of_many_chunks,
    "JPEG": jpeg_of_many_chunks,
    "scans": jpeg_of_many_scans,
    "BMP": bmp_of_many_chunks,
    "TIFF": tiff_of_many_chunks,
    "big-endian TIFF": lambda: tiff_of_many_chunks(">"),
    "BigTIFF": lambda: tiff_of_many_chunks(big=True),
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_a_file_made_to_take_minutes_is_refused(kind: str) -> None:
    with pytest.raises(ImageError, match="unusual internal structure"):
        decode(TOO_MUCH[kind](), "x")


@pytest.mark.parametrize(
    ("limits", "width", "height", "side"), [(UPLOAD, 5_000, 4_000, 16_384), (LOCAL, 20_000, 10_000, 65_535)]
)
def test_the_limits_on_size_hold_to_the_pixel(limits: Limits, width: int, height: int, side: int) -> None:
    check_size(width, height, limits)
    check_size(side, 1, limits)
    with pytest.raises(ImageError, match=f"too many pixels; .* at most {limits.max_pixels // 10**6} million"):
        check_size(width, height + 1, limits)
    with pytest.raises(ImageError, match=f"side of more than {side:,} pixels"):
        check_size(1, side + 1, limits)


def test_a_reader_ends_after_its_last_read(tmp_path: Path) -> None:
    limits = UPLOAD._replace(max_reads=2)
    (tmp_path / "x").write_bytes(b"abc")
    with BoundedFile(io.FileIO(tmp_path / "x"), limits) as file:
        for reader in (BoundedReader(b"abc", limits), file):
            assert (reader.read(1), reader.read()) == (b"a", b"bc")
            with pytest.raises(ImageError, match="unusual internal structure"):
                reader.read()
