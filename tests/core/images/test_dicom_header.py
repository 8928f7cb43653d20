import io

import pytest
from dicoms import dicom
from image_files import NOISE
from pydicom import uid

from core.images.decode import decode
from core.images.dicom_header import read_header
from core.images.limits import UPLOAD, ImageError

GREY = NOISE[..., 0]
# In words of a big-endian file each pair of bytes is swapped.
BIG = dicom(
    NOISE, "RGB", syntax=uid.ExplicitVRBigEndian, PixelData=NOISE.reshape(-1).view("<u2").byteswap().tobytes()
)
EXPLICIT = dicom(NOISE, "RGB")
IMPLICIT = dicom(NOISE, "RGB", syntax=uid.ImplicitVRLittleEndian)
SYNTAX = b"\x02\0\x10\0UI"


def without_meta(data: bytes, order: str = "little") -> bytes:
    """The data set alone: no preamble, no meta header."""
    return data[data.index((8).to_bytes(2, order) + (0x16).to_bytes(2, order)) :]


def without_syntax(data: bytes) -> bytes:
    start = data.index(SYNTAX)
    return data[:start] + data[start + 8 + int.from_bytes(data[start + 6 : start + 8], "little") :]


@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda data: data[128:], "preamble"),
        (lambda data: data[132:], "preamble"),
        (without_syntax, "transfer syntax"),
        (lambda data: without_syntax(data)[132:], "preamble and no transfer syntax"),
    ],
)
def test_what_lacks_part_of_its_header_is_read_and_said(change, missing: str, little: bool) -> None:
    for data in [EXPLICIT, IMPLICIT] if little else [BIG]:
        decoded = decode(change(data), "x")
        assert (decoded.pixels == NOISE).all()
        assert decoded.notes == (
            f"The DICOM file has no {missing}; how it is stored was recognised by its content.",
        )


@pytest.mark.parametrize(
    "data",
    [without_meta(EXPLICIT), without_meta(IMPLICIT), without_meta(BIG, "big")],
    ids=["explicit", "implicit", "big"],
)
def test_a_data_set_alone_is_read(data: bytes) -> None:
    decoded = decode(data, "x")
    assert (decoded.pixels == NOISE).all()
    assert "no preamble and no transfer syntax" in decoded.notes[0]


def test_the_pixels_are_found_and_not_read() -> None:
    header = read_header(io.BytesIO(EXPLICIT), UPLOAD)
    assert (header.length, header.frames, header.known, header.notes) == (NOISE.size, 1, True, ())
    assert EXPLICIT[header.start :][: header.length] == NOISE.tobytes()
    assert "PixelData" not in header.elements


@pytest.mark.parametrize("frames", ["", "0", "-3", "many"])
@pytest.mark.filterwarnings("ignore")
def test_a_number_of_frames_that_is_none_is_one(frames: str) -> None:
    data = dicom(GREY, NumberOfFrames="7").replace(b"IS\x02\x007 ", b"IS\x04\0" + frames.ljust(4).encode())
    assert read_header(io.BytesIO(data), UPLOAD).frames == 1


def test_a_deflated_file_is_not_inflated() -> None:
    with pytest.raises(ImageError, match=r"Deflated .*; convert it with `dcmconv \+te IN OUT`"):
        decode(dicom(GREY, syntax=uid.DeflatedExplicitVRLittleEndian), "x")
