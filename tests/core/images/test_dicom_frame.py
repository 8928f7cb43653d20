import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicoms import dicom, frame
from image_files import NOISE
from PIL import Image
from pydicom import uid

from core.images import dicom as dicom_module
from core.images.decode import decode
from core.images.limits import ImageError

GREY = NOISE[..., 0]
SMOOTH = np.asarray(Image.fromarray(NOISE[:5, :8]).resize((64, 40), Image.Resampling.BICUBIC))
FILES = Path(pydicom.__file__).parent / "data" / "test_files"
HALVED = frame(SMOOTH, "JPEG", quality=95)


def without_marker(stream: bytes, marker: bytes = b"\xff\xe0") -> bytes:
    """The stream without its JFIF marker, as scanners write it, or without another one."""
    start = stream.index(marker)
    return stream[:start] + stream[start + 2 + int.from_bytes(stream[start + 2 : start + 4], "big") :]


def jpeg(stream: bytes, photometric: str = "RGB", **elements: object) -> bytes:
    return dicom(SMOOTH, photometric, syntax=uid.JPEGBaseline8Bit, frames=[stream], **elements)


def differs(data: bytes) -> float:
    return float(np.abs(decode(data, "x").pixels.astype(int) - SMOOTH).mean())


@pytest.mark.parametrize("stream", [HALVED, without_marker(HALVED)])
def test_subsampled_chroma_is_not_rgb_whatever_the_header_says(stream: bytes) -> None:
    """Read as RGB it comes out green."""
    assert differs(jpeg(stream)) < 6
    decoded = decode(jpeg(stream), "x")
    assert (decoded.pixels == decode(jpeg(stream, "YBR_FULL_422"), "x").pixels).all()
    said = (
        "By the header the colours are RGB, by the JPEG stream YCbCr (chroma is subsampled); it was followed."
    )
    assert decoded.notes == (said,)
    assert decode(jpeg(stream, "YBR_FULL_422"), "x").notes == ()


def test_rgb_without_adobes_marker_is_rgb() -> None:
    adobe = frame(SMOOTH, "JPEG", quality=95, keep_rgb=True)
    letters = without_marker(adobe, b"\xff\xee")  # its components are called R, G and B
    for stream in (adobe, letters):
        assert differs(jpeg(stream)) < 6
        assert differs(jpeg(stream, "YBR_FULL_422")) < 6
        assert "YCbCr, by the JPEG stream RGB" in decode(jpeg(stream, "YBR_FULL_422"), "x").notes[0]
    # Components with numbers, of which only the header knows that they are colours.
    numbers = letters.replace(b"R\x11\0G\x11\0B\x11\0", b"\1\x11\0\2\x11\0\3\x11\0")
    numbers = numbers.replace(b"\3R\0G\0B\0", b"\3\1\0\2\0\3\0")
    assert len({adobe, letters, numbers}) == 3
    assert differs(jpeg(numbers)) < 6


@pytest.mark.parametrize(
    ("data", "expected", "name"),
    [
        (jpeg(without_marker(HALVED), PhotometricInterpretation=None), SMOOTH, "YCbCr"),
        (dicom(NOISE, "RGB", PhotometricInterpretation=None), NOISE, "RGB"),
        (dicom(GREY, PhotometricInterpretation=None), GREY[..., np.newaxis], "grey"),
        (dicom(GREY, PhotometricInterpretation=None, SamplesPerPixel=None), GREY[..., np.newaxis], "grey"),
        (dicom(NOISE, "RGB", PhotometricInterpretation=None, rle=False), NOISE, "RGB"),
    ],
)
def test_without_a_colour_space_the_samples_decide(data: bytes, expected: np.ndarray, name: str) -> None:
    decoded = decode(data, "x")
    assert np.abs(decoded.pixels.astype(int) - expected).mean() < 6
    assert f"names no colour space that fits the pixels; they were read as {name}." in decoded.notes[0]


def test_lossless_jpeg_is_read() -> None:
    lossless = decode((FILES / "SC_rgb_jpeg_gdcm.dcm").read_bytes(), "x")
    assert (lossless.pixels == decode((FILES / "SC_rgb_rle.dcm").read_bytes(), "x").pixels).all()
    assert lossless.notes == ()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("JPGExtended.dcm", r"\(JPEG of 12 bits\); convert it with `dcmdjpeg IN OUT`"),
        ("liver_1frame.dcm", "1 bit"),
        ("rtdose.dcm", "32 bits"),
    ],
)
def test_what_no_decoder_here_knows_is_refused_with_a_command(file: str, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode((FILES / file).read_bytes(), "x")


def test_runs_of_rle_may_cross_rows() -> None:
    rows = np.repeat(np.arange(4, dtype=np.uint8), 15).reshape(6, 10)
    runs = b"".join(bytes([257 - 15, value]) for value in range(4))
    stream = struct.pack("<16L", 1, 64, *[0] * 14) + runs
    data = dicom(rows, syntax=uid.RLELossless, frames=[stream])
    assert (decode(data, "x").pixels == rows[..., np.newaxis]).all()


@pytest.mark.parametrize("kind", [np.uint16, np.int16])
def test_rle_of_sixteen_bits_keeps_every_value(kind: type) -> None:
    deep = (GREY.astype(kind) - 100 * (kind is np.int16)) * 100
    assert (decode(dicom(deep, rle=True), "x").pixels == decode(dicom(deep), "x").pixels).all()


def test_a_stream_of_another_kind_than_the_header_says_is_read_and_said() -> None:
    data = dicom(SMOOTH, "RGB", syntax=uid.JPEGBaseline8Bit, frames=[frame(SMOOTH, "JPEG2000", mct=0)])
    decoded = decode(data, "x")
    assert (decoded.pixels == SMOOTH).all()
    assert "stored in another way than JPEG 2000" in decoded.notes[0]


def test_a_box_of_no_length_in_jpeg_2000_ends() -> None:
    """Pydicom alone would look for the next box for ever."""
    stream = frame(GREY, "JPEG2000")
    box = stream.index(b"ftyp") - 4
    stream = stream[:box] + bytes(4) + stream[box + 4 :]
    data = dicom(GREY, syntax=uid.JPEG2000Lossless, frames=[stream])
    assert (decode(data, "x").pixels == GREY[..., np.newaxis]).all()


def test_any_frame_of_a_compressed_file_is_read() -> None:
    many = [np.full((16, 16), value, np.uint8) for value in (10, 90, 200)]
    streams = [frame(image, "JPEG", quality=95) for image in many]
    for number, value in enumerate((10, 90, 200)):
        data = dicom(np.stack(many), syntax=uid.JPEGBaseline8Bit, frames=streams)
        assert abs(int(dicom_module.decode(io.BytesIO(data), frame=number).pixels.mean()) - value) < 2
