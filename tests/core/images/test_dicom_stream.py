import numpy as np
import pytest
from dicoms import frame
from image_files import NOISE

from core.images.dicom_stream import Jpeg, codec, jpeg_2000_size, read_jpeg

FULL, HALVED = ((1, 1, 1), (2, 1, 1), (3, 1, 1)), ((1, 2, 1), (2, 1, 1), (3, 1, 1))
LETTERS = ((82, 1, 1), (71, 1, 1), (66, 1, 1))
BASELINE, LOSSLESS = 0xC0, 0xC3


def test_a_stream_says_how_it_is_compressed_and_its_size() -> None:
    jpeg = frame(NOISE, "JPEG", quality=90)
    assert codec(jpeg) == "JPEG"
    assert read_jpeg(jpeg) == Jpeg(BASELINE, 8, 60, 40, ((1, 2, 2), (2, 1, 1), (3, 1, 1)), True, None)
    for data in (frame(NOISE, "JPEG2000"), frame(NOISE, "JPEG2000", no_jp2=True)):
        assert codec(data) == "JPEG 2000"
        assert jpeg_2000_size(data) == (60, 40, 3, 8)
    head = b"\xff\xd8\xff\xf7\0\x0b\x08\0\x05\0\x07\x01\x01\x11\0\xff\xda"
    assert codec(head) == "JPEG-LS"
    assert codec(b"\1\0\0\0\x40\0\0\0".ljust(80, b"\0")) == "RLE"
    assert codec(b"abcd") == codec(b"") == codec(bytes(99)) == ""


def test_a_damaged_head_is_none() -> None:
    whole = frame(NOISE, "JPEG", quality=90)
    end = whole.index(b"\xff\xc0") + 19
    for length in range(2, end):
        assert read_jpeg(whole[:length]) is None
    assert read_jpeg(b"\xff\xd8" + b"\xff\xe1\0\2" * 10**5) is None
    assert jpeg_2000_size(b"\xff\x4f\xff\x51" + bytes(20)) is None


@pytest.mark.parametrize(
    ("process", "components", "jfif", "adobe", "header", "ycbcr"),
    [
        # Subsampled chroma is YCbCr, whatever else is said.
        (BASELINE, HALVED, False, None, "RGB", True),
        (BASELINE, HALVED, False, 0, "RGB", True),
        (BASELINE, FULL, True, None, "RGB", True),
        (BASELINE, FULL, False, 1, "RGB", True),
        (BASELINE, FULL, False, 0, "YBR_FULL", False),
        (BASELINE, LETTERS, False, None, "YBR_FULL", False),
        # The stream says nothing: the header, then libjpeg's guess.
        (BASELINE, FULL, False, None, "RGB", False),
        (BASELINE, FULL, False, None, "YBR_FULL", True),
        (BASELINE, FULL, False, None, "", True),
        (LOSSLESS, FULL, False, None, "", False),
        (LOSSLESS, FULL, True, None, "RGB", False),
        (LOSSLESS, FULL, True, None, "YBR_FULL", True),
    ],
)
def test_what_the_stream_says_of_its_colours_wins(process, components, jfif, adobe, header, ycbcr) -> None:
    assert Jpeg(process, 8, 9, 9, components, jfif, adobe).is_ycbcr(header) is ycbcr


def test_the_head_of_rle_is_no_random_number() -> None:
    rng = np.random.default_rng(0)
    assert all(codec(rng.bytes(100)) == "" for _ in range(1000))
