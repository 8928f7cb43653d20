"""Whatever bytes come in, out comes an image or one sentence, soon and without much memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from damage import mutated
from dicoms import dicom, frame
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from image_files import encoded
from paths import ROOT
from PIL import Image
from pydicom import uid

from core.data.phantom.simulate import simulate
from core.images.decode import decode
from core.images.formats import READABLE
from core.images.limits import ImageError

MEGABYTE = 2**20
PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"


def real_files() -> list[bytes]:
    """Images of every format and mode that is read, and pydicom's own collection of odd files."""
    grey = Image.fromarray(simulate("malignant", np.random.default_rng(1)).image).resize((96, 72))
    files = [encoded(grey, form) for form in READABLE[:-1]]
    for mode in ("1", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"):
        form = "PNG" if mode in ("1", "P", "RGB", "RGBA", "LA", "I;16") else "TIFF"
        image = grey.convert("RGB").convert(mode) if mode in ("P", "CMYK") else grey.convert(mode)
        files.append(encoded(image, form))
    colour, exif = grey.convert("RGB"), Image.Exif()
    exif[0x0112] = 6
    files += [
        encoded(colour, "TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_deflate", "packbits")
    ]
    files += [encoded(grey.convert("1"), "TIFF", compression="group4")]
    files += [encoded(colour, "JPEG", progressive=True, exif=exif), encoded(colour, "WEBP", lossless=True)]
    files += [
        encoded(colour, form, save_all=True, append_images=[colour]) for form in ("PNG", "WEBP", "TIFF")
    ]
    pixels = np.asarray(colour)
    files += [
        dicom(pixels, "RGB"),
        dicom(pixels[..., 0].astype(np.int16), "MONOCHROME1"),
        dicom(pixels, "RGB", rle=True),
        dicom(pixels, "YBR_FULL_422", syntax=uid.JPEGBaseline8Bit, frames=[frame(pixels, "JPEG")]),
        dicom(pixels, "YBR_RCT", syntax=uid.JPEG2000Lossless, frames=[frame(pixels, "JPEG2000")]),
    ]
    files += [path.read_bytes() for path in sorted(PYDICOM.glob("*.dcm")) if path.stat().st_size < 40_000]
    return files


pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
REAL = real_files()
MAGIC = (*(data[:12] for data in REAL[:6]), bytes(128) + b"DICM", REAL[-1][:400])


def check(data: bytes, name: str = "x") -> bool:
    """Decode; only an image or an ImageError may come of it. Tell whether it was an image."""
    try:
        decoded = decode(data, name)
    except ImageError as error:
        sentence = str(error)
    else:
        assert decoded.pixels.dtype == np.uint8
        assert decoded.pixels.ndim == 3
        assert decoded.pixels.shape[2] == 3
        return True
    assert sentence.isprintable()
    return False


def test_the_real_files_are_images_before_they_are_damaged() -> None:
    assert all(check(data) for data in REAL[:28])
    assert sum(check(data) for data in REAL) > 55


def damage(cases: int, number: int) -> tuple[int, float]:
    """Decode damaged files; return how many still were images, and the longest processor time, seconds."""
    random, images, longest = np.random.default_rng(number), 0, 0.0
    for _ in range(cases):
        data = mutated(REAL[random.integers(len(REAL))], random)
        start = time.process_time()
        images += check(data)
        longest = max(longest, time.process_time() - start)
    return images, longest


def test_of_damaged_files_comes_a_image_or_a_sentence() -> None:
    images, _ = damage(400, 0)
    assert 20 < images < 380  # neither are they all beyond recognition, nor hardly touched


ANYTHING = st.tuples(st.sampled_from([b"", *MAGIC]), st.binary(max_size=400)).map(b"".join)


def anything(cases: int):
    @seed(0)
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(ANYTHING, st.text(max_size=30))
    def run(data: bytes, name: str) -> None:
        check(data, name)

    return run


def test_of_any_bytes_comes_a_image_or_a_sentence() -> None:
    anything(100)()


def costly() -> Iterator[tuple[str, bytes]]:
    """The dearest files that are not refused: as many pixels as may be, in the dearest ways."""
    side = 4472
    zeros = np.zeros((side, side), np.uint8)
    for mode in ("RGB", "RGBA", "P", "CMYK"):
        image = Image.new(mode, (side, side), 1 if mode == "P" else None)
        yield f"TIFF {mode}", encoded(image, "TIFF", compression="tiff_lzw")
    yield "PNG RGBA", encoded(Image.new("RGBA", (side, side)), "PNG")
    yield "PNG palette", encoded(Image.new("P", (side, side)), "PNG", transparency=0)
    yield "WebP RGBA", encoded(Image.new("RGBA", (side, side)), "WEBP")
    yield (
        "WebP animated",
        encoded(
            Image.new("RGB", (side, side)),
            "WEBP",
            save_all=True,
            append_images=[Image.new("RGB", (side, side), "red")],
        ),
    )
    for kind in (np.uint16, np.int32, np.float32):
        yield (
            f"TIFF {kind.__name__}",
            encoded(Image.fromarray(zeros.astype(kind)), "TIFF", compression="tiff_lzw"),
        )
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(Image.new("RGB", (side, side)), "JPEG", progressive=True, exif=exif)
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    yield "JPEG of 24 scans", whole[:-2] + scan * (24 - whole.count(b"\xff\xda")) + whole[-2:]
    yield "DICOM of MONOCHROME1 and 8 bits", dicom(np.zeros((4000, 4000), np.uint8), "MONOCHROME1")
    yield "DICOM of 16 bits", dicom(np.zeros((3000, 3000), np.uint16))
    for name, colour in (("RGB", "RGB"), ("YBR", "YBR_FULL")):
        stream = frame(np.zeros((side, side, 3), np.uint8), "JPEG", subsampling=0)
        yield (
            f"DICOM of JPEG {name}",
            dicom(
                np.broadcast_to(np.uint8(0), (side, side, 3)),
                colour,
                syntax=uid.JPEGBaseline8Bit,
                frames=[stream],
            ),
        )
    stream = frame(np.zeros((side, side), np.uint8), "JPEG2000")
    yield "DICOM of JPEG 2000", dicom(zeros, syntax=uid.JPEG2000Lossless, frames=[stream])
    runs = b"\x81\x01" * (3 * MEGABYTE // 2 - 64)
    rle = (b"\1\0\0\0\x40\0\0\0" + bytes(56) + runs)[: 3 * MEGABYTE]
    yield "DICOM of RLE", dicom(zeros, syntax=uid.RLELossless, frames=[rle])
    yield "DICOM of many elements", dicom(zeros[:4, :4]) + b"\xe1\x7f\x10\x00OB\0\0\0\0\0\0" * 10**6


MEASURE = """
import sys, time
from core.images.decode import decode
from core.images.limits import ImageError
data = sys.stdin.buffer.read()
decode(open(sys.argv[1], "rb").read(), "warm")
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before, start = peak(), time.process_time()
try:
    decode(data, "x")
except ImageError as error:
    print("refused:", error, file=sys.stderr)
print(time.process_time() - start, (peak() - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_the_dearest_files_cost_less_than_two_seconds_and_500_megabytes(tmp_path: Path) -> None:
    """Processor time, so that other programs do not count."""
    (tmp_path / "warm.dcm").write_bytes(dicom(np.zeros((4, 4), np.uint8)))
    for what, data in costly():
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, str(tmp_path / "warm.dcm")],
            cwd=ROOT,
            input=data,
            capture_output=True,
            check=True,
        )
        seconds, megabytes = map(float, run.stdout.split())
        assert seconds < 2, what
        assert megabytes < 500, what


@pytest.mark.slow
def test_thousands_of_damaged_files_are_soon_done_with() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(1, 9):
        images, longest = damage(600, number)
        assert images > 30
        assert longest < 2
    anything(1500)()
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 500
