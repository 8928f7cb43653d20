"""The B-mode region that the header gives, and the drawing that five files show."""

import numpy as np
import pytest
from dicoms import dicom
from image_files import NOISE
from paths import ROOT
from pydicom import Dataset

from core.images.decode import decode
from core.images.local import read_file

GREY = NOISE[..., 0]


def region(x0: int, y0: int, x1: int, y1: int, form: int = 1, kind: int = 1) -> Dataset:
    area = Dataset()
    area.RegionSpatialFormat, area.RegionDataType = form, kind
    area.RegionLocationMinX0, area.RegionLocationMinY0 = x0, y0
    area.RegionLocationMaxX1, area.RegionLocationMaxY1 = x1, y1
    return area


TISSUE, DOPPLER = region(10, 5, 39, 30), region(40, 0, 59, 39, 2, 4)


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "RGB"])
@pytest.mark.parametrize(
    ("regions", "rows", "columns"),
    [
        ([TISSUE], (5, 31), (10, 40)),
        ([DOPPLER, TISSUE], (5, 31), (10, 40)),
        ([region(30, 20, 999, 999)], (20, 40), (30, 60)),
    ],
)
def test_the_image_is_cropped_to_its_only_b_mode_region_and_said(regions, rows, columns, photometric) -> None:
    pixels = NOISE if photometric == "RGB" else GREY
    decoded = decode(dicom(pixels, photometric, SequenceOfUltrasoundRegions=regions), "x")
    expected = decode(dicom(pixels, photometric), "x").pixels[slice(*rows), slice(*columns)]
    assert (decoded.pixels == expected).all()
    area = f"columns {columns[0]} to {columns[1] - 1}, rows {rows[0]} to {rows[1] - 1}"
    assert decoded.notes == (f"The image was cropped to the B-mode region of the header ({area}).",)


@pytest.mark.parametrize(
    "regions",
    [
        [],
        [TISSUE, region(40, 5, 59, 30)],  # which of the two is meant?
        [DOPPLER],
        [region(0, 0, 59, 39)],
        [region(39, 30, 10, 5)],
        [region(10, 5, 12, 30)],
        [region(2**31, 2**31, 2**32 - 1, 2**32 - 1)],
        [Dataset()],
    ],
)
def test_regions_that_are_no_crop_have_no_effect(regions: list[Dataset]) -> None:
    decoded = decode(dicom(GREY, SequenceOfUltrasoundRegions=regions), "x")
    assert (decoded.pixels == GREY[..., np.newaxis]).all()
    assert decoded.notes == ()


@pytest.mark.parametrize(
    "file", ["jpeg-bare-says-RGB", "no-meta", "mono-16-one-hot-pixel", "cine-first-frame-black"]
)
def test_cases_of_one_drawing_show_that_drawing(file: str) -> None:
    folder = ROOT.parent / "shared" / "cases" / "20-dicom"
    if not folder.exists():
        pytest.skip("needs ../shared/cases")
    drawn = read_file(folder / "jpeg-bare-says-YBR_FULL_422.dcm").pixels
    cine = file.startswith("cine")
    decoded = read_file(folder / f"{file}.dcm", 1 if cine else 0)
    assert np.abs(decoded.pixels.mean(axis=2) - drawn.mean(axis=2)).mean() < 3
    assert decoded.notes
