import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dicoms import PATIENT, dicom, frame
from paths import ROOT
from PIL import Image
from pydicom import Dataset, config, uid

from core.images.decode import decode
from core.images.limits import ImageError

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
GREY = NOISE[..., 0]
SMOOTH = np.asarray(Image.fromarray(NOISE[:5, :8]).resize((64, 40), Image.Resampling.BICUBIC))


def differs(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_grey_and_colour_keep_every_pixel() -> None:
    assert (decode(dicom(GREY), "x").pixels == GREY[..., np.newaxis]).all()
    assert (decode(dicom(NOISE, "RGB"), "x").pixels == NOISE).all()
    assert (decode(dicom(GREY, rle=True), "x").pixels == GREY[..., np.newaxis]).all()
    assert (decode(dicom(NOISE, "RGB", rle=True), "x").pixels == NOISE).all()


def test_monochrome1_is_turned_over_and_said() -> None:
    decoded = decode(dicom(GREY, "MONOCHROME1"), "x")
    assert (decoded.pixels == 255 - GREY[..., np.newaxis]).all()
    assert "inverted back" in decoded.notes[0]


@pytest.mark.parametrize("kind", [np.uint16, np.int16])
def test_sixteen_bits_are_scaled_and_said(kind: type) -> None:
    deep = GREY.astype(kind) * 16 - (1000 if kind is np.int16 else 0)
    decoded = decode(dicom(deep), "x")
    low, high = np.percentile(deep.astype(float), (1, 99), method="nearest")
    assert differs(decoded.pixels[..., 0], np.clip((deep - low) * (255 / (high - low)), 0, 255)) <= 1
    assert f"from {low:g} to {high:g} (1st to 99th percentile)" in decoded.notes[0]


RESCALED = {"RescaleSlope": 2, "RescaleIntercept": -1000}


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ({"WindowCenter": 1000, "WindowWidth": 511}, 744.5, 1254.5),  # linear: C - 0.5 ± (W - 1) / 2
        ({"WindowCenter": 1000, "WindowWidth": 510, "VOILUTFunction": "LINEAR_EXACT"}, 745, 1255),
        ({"WindowCenter": [1000, 40], "WindowWidth": [511, 400]}, 744.5, 1254.5),
        ({"WindowCenter": 1000, "WindowWidth": 511, **RESCALED}, 872.25, 1127.25),
    ],
)
def test_the_window_of_the_header_is_used_and_said(header, low, high) -> None:
    deep = GREY.astype(np.uint16) * 16
    for colour in ("MONOCHROME2", "MONOCHROME1"):
        decoded = decode(dicom(deep, colour, **header), "x")
        expected = np.clip((deep.astype(float) - low) * (255 / (high - low)), 0, 255)
        shown = decoded.pixels[..., 0] if colour == "MONOCHROME2" else 255 - decoded.pixels[..., 0]
        assert differs(shown, np.rint(expected)) <= 1
        assert f"from {low:g} to {high:g} (the window in the file)" in decoded.notes[0]


@pytest.mark.filterwarnings("ignore:Invalid value for VR", "ignore:Value")
@pytest.mark.parametrize(
    "header",
    [
        {"WindowCenter": 1000},
        {"WindowCenter": 1000, "WindowWidth": 1},
        {"WindowCenter": 1000, "WindowWidth": -5},
        {"WindowCenter": 60_000, "WindowWidth": 10},
        {"WindowCenter": 1000, "WindowWidth": 511, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": 1000, "WindowWidth": 511, "RescaleSlope": 0},
        {"WindowCenter": 1000, "WindowWidth": 511, "RescaleSlope": "1e-320"},
        {"WindowCenter": [], "WindowWidth": 511},
    ],
)
def test_a_window_that_is_none_has_no_effect(header, monkeypatch) -> None:
    monkeypatch.setattr(config.settings, "writing_validation_mode", config.IGNORE)
    deep = GREY.astype(np.uint16) * 16
    decoded = decode(dicom(deep, **header), "x")
    assert (decoded.pixels == decode(dicom(deep), "x").pixels).all()
    assert "percentile" in decoded.notes[0]


def test_a_white_mark_leaves_the_rest_as_bright_as_it_was() -> None:
    deep = GREY.astype(np.uint16) * 16
    marked = deep.copy()
    marked[:4, :4] = 2**16 - 1
    without, with_mark = (decode(dicom(values), "x").pixels[4:] for values in (deep, marked))
    assert abs(without.mean() - with_mark.mean()) < 3


def test_luminance_and_colour_differences_become_rgb() -> None:
    ybr = np.asarray(Image.fromarray(SMOOTH).convert("YCbCr"))
    assert differs(decode(dicom(ybr, "YBR_FULL"), "x").pixels, SMOOTH) <= 3
    packed = np.concatenate(  # two pixels share their colour: Y Y Cb Cr
        [ybr[:, ::2, :1], ybr[:, 1::2, :1], ybr[:, ::2, 1:]], axis=2
    )
    decoded = decode(dicom(ybr, "YBR_FULL_422", PixelData=packed.tobytes()), "x")
    assert np.abs(decoded.pixels.astype(int) - SMOOTH).mean() < 5


@pytest.mark.parametrize(
    ("syntax", "form", "options", "photometric"),
    [
        (uid.JPEGBaseline8Bit, "JPEG", {"quality": 95, "subsampling": 0}, "YBR_FULL"),
        (uid.JPEGBaseline8Bit, "JPEG", {"quality": 95}, "YBR_FULL_422"),
        (uid.JPEGBaseline8Bit, "JPEG", {"quality": 95, "keep_rgb": True}, "RGB"),
        (uid.JPEG2000Lossless, "JPEG2000", {"mct": 0}, "RGB"),
        (uid.JPEG2000Lossless, "JPEG2000", {"mct": 1}, "YBR_RCT"),
        (uid.JPEG2000, "JPEG2000", {"irreversible": True, "mct": 1}, "YBR_ICT"),
    ],
)
def test_compressed_pixels_are_read(syntax, form, options, photometric) -> None:
    frames = [frame(SMOOTH, form, **options)]
    decoded = decode(dicom(SMOOTH, photometric, syntax=syntax, frames=frames), "x")
    assert np.abs(decoded.pixels.astype(int) - SMOOTH).mean() < 6


def test_of_several_frames_the_first_is_used_and_said() -> None:
    many = np.stack([GREY, 255 - GREY, GREY // 2])
    for decoded in (
        decode(dicom(many), "x"),
        decode(
            dicom(
                many,
                syntax=uid.JPEG2000Lossless,
                frames=[frame(image, "JPEG2000") for image in many],
            ),
            "x",
        ),
    ):
        assert (decoded.pixels == GREY[..., np.newaxis]).all()
        assert decoded.notes == ("The file has 3 frames; the first is used.",)


def test_a_window_of_eight_bits_is_used_where_it_changes_something() -> None:
    for centre, width in ((128, 256), (127, 254), (127.5, 255)):
        decoded = decode(dicom(GREY, WindowCenter=centre, WindowWidth=width), "x")
        assert (decoded.pixels == GREY[..., np.newaxis]).all()
        assert decoded.notes == ()
    narrow = decode(dicom(GREY, WindowCenter=60.5, WindowWidth=121), "x")
    assert differs(narrow.pixels[..., 0], np.clip(GREY * (255 / 120), 0, 255)) <= 1
    assert "from 0 to 120 (the window in the file)" in narrow.notes[0]


def test_a_look_up_table_that_is_not_applied_is_said() -> None:
    decoded = decode(dicom(GREY, VOILUTSequence=[Dataset()]), "x")
    assert decoded.notes == ("The header has a look-up table of grey values, which was not applied.",)


def test_a_palette_is_looked_up() -> None:
    ramp = np.arange(256, dtype=np.uint16) * 257
    tables = {}
    for number, colour in enumerate(("Red", "Green", "Blue")):
        tables[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tables[f"{colour}PaletteColorLookupTableData"] = np.roll(ramp, number).tobytes()
    data = dicom(GREY, PhotometricInterpretation="PALETTE COLOR", **tables)
    expected = np.stack([np.roll(ramp >> 8, number)[GREY] for number in range(3)], axis=2)
    assert (decode(data, "x").pixels == expected).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (dicom(GREY)[:-100], "is damaged"),
        (dicom(GREY)[:140], "DICOM file without an image|damaged"),
        (bytes(128) + b"DICM" + bytes(range(256)) * 20, "damaged|without an image"),
        (dicom(GREY, Rows=60_000, Columns=60_000), "too many pixels"),
        (dicom(GREY, Rows=1, Columns=20_000), "side of more than"),
        (dicom(GREY, BitsAllocated=1), "1 bit"),
        (dicom(GREY, PhotometricInterpretation="HSV"), "unknown colour space"),
        (dicom(GREY, syntax=uid.JPEGLosslessSV1, frames=[b"abcd"]), "is damaged"),
        (dicom(GREY, syntax=uid.MPEG4HP41, frames=[b"abcd"]), "MPEG-4"),
        (dicom(GREY, syntax=uid.JPEGBaseline8Bit, frames=[b"abcd"]), "is damaged"),
        (dicom(GREY, syntax=uid.DeflatedExplicitVRLittleEndian), "Deflated"),
        (
            dicom(GREY, syntax=uid.JPEGBaseline8Bit, frames=[frame(GREY, "JPEG") * 30]),
            "unusual internal structure",
        ),
        (dicom(GREY, syntax=uid.RLELossless, frames=[bytes(2**22)]), "is damaged"),
        (dicom(GREY, syntax=uid.RLELossless, frames=[b"\1\0\0\0\x40\0\0\0".ljust(99, b"\0")]), "is damaged"),
        (dicom(GREY, syntax=uid.RLELossless, frames=[b"ab"] * 30_000), "too many fragments"),
        # The stream within claims more than the header.
        (
            dicom(
                GREY, syntax=uid.JPEGBaseline8Bit, frames=[frame(np.zeros((9000, 9000), np.uint8), "JPEG")]
            ),
            "is damaged",
        ),
        (dicom(GREY, syntax=uid.JPEGBaseline8Bit, frames=[frame(NOISE[:9], "JPEG")]), "is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        decode(data, "x.dcm")
    assert str(caught.value).startswith("x.dcm ")
    assert "\n" not in str(caught.value)


def test_a_dicom_file_without_an_image_is_refused() -> None:
    report = dicom(GREY, SOPClassUID=uid.BasicTextSRStorage, PixelData=None)
    start = report.index(b"\xe0\x7f\x10\x00")
    with pytest.raises(ImageError, match="DICOM file without an image"):
        decode(report[:start], "x")


LEAK = """
import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG)
from core.images.decode import decode
from core.images.limits import ImageError
for path in sys.argv[1:]:
    try:
        decoded = decode(open(path, "rb").read(), "x")
        print(decoded.notes)
    except ImageError as error:
        print(error, repr(error.__cause__))
"""


@pytest.mark.filterwarnings("ignore:Invalid value for VR", "ignore:Unknown encoding")
def test_nothing_of_the_header_is_said_anywhere(tmp_path: Path, monkeypatch) -> None:
    """Also not by pydicom, which warns of odd values, with all logging on and in files that are damaged."""
    odd = {
        "PatientBirthDate": "Unnameable",
        "StudyDate": "Unnameable",
        "PatientAge": "Unnameable",
        "StudyInstanceUID": "Unnameable",
        "PhotometricInterpretation": "UNNAMEABLE",
        "SpecificCharacterSet": "Unnameable",
        "NumberOfFrames": "1",
    }
    whole = dicom(GREY)
    files = [whole, whole[:700], whole.replace(b"ISO", b"XXX"), dicom(GREY.astype(np.uint16))]
    files.append(whole.replace(b"PN", b"UI").replace(b"DA", b"DS").replace(b"LO", b"IS"))
    monkeypatch.setattr(config.settings, "writing_validation_mode", config.IGNORE)
    files += [dicom(GREY, **{name: value}) for name, value in odd.items()]
    rng = np.random.default_rng(0)
    for _ in range(40):
        damaged = bytearray(whole)
        for position in rng.integers(132, 700, 4):
            damaged[position] = rng.integers(256)
        files.append(bytes(damaged))
    paths = []
    for number, data in enumerate(files):
        paths.append(tmp_path / f"{number}.dcm")
        paths[-1].write_bytes(data)
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", LEAK, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said = (run.stdout + run.stderr).lower()
    assert "scaled to 0–255" in said
    for secret in (PATIENT, "Unnameable", "19700101", "patient"):
        assert secret.lower() not in said
