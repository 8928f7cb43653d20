"""The share of an image that its masks cover."""

from pathlib import Path

import numpy as np
import pytest
from paths import SHARED
from PIL import Image

from core.data.data_set import ImageFolders
from core.data.image_facts import read_image
from core.data.lesion_area import SIZES, lesion_area, lesion_areas, size_of

BUSBRA = SHARED / "data" / "busbra" / "Masks"


def mask(side: int = 40, rows: slice = slice(0, 0), colour: tuple[int, ...] = (255, 255, 255)) -> np.ndarray:
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[rows] = colour
    return pixels


def test_masks_of_one_image_are_joined_whatever_their_colour_and_size() -> None:
    upper = mask(rows=slice(0, 10))
    assert lesion_area([upper]) == 0.25
    assert lesion_area([upper, mask(rows=slice(5, 20), colour=(0, 255, 0))]) == 0.5
    assert lesion_area([upper, mask(side=20, rows=slice(15, 20))]) == 0.5
    assert lesion_area([mask()]) == 0
    assert np.isnan(lesion_area([]))


def test_an_image_without_a_mask_has_no_area(tmp_path: Path) -> None:
    Image.fromarray(mask(rows=slice(0, 4))).save(tmp_path / "a_mask.png")
    Image.fromarray(mask(rows=slice(4, 6))).save(tmp_path / "a_mask_1.png")
    found = lesion_areas(
        ["a.png", "b.png"], {"a.png": ["a_mask.png", "a_mask_1.png"]}, ImageFolders.of(tmp_path)
    )
    np.testing.assert_allclose(found, [0.15, np.nan])


@pytest.mark.parametrize(
    ("area", "place"), [(0.001, 0), (0.0499, 0), (0.05, 1), (0.0999, 1), (0.1, 2), (1.0, 2)]
)
def test_a_size_begins_at_its_bound(area: float, place: int) -> None:
    assert size_of(area) == list(SIZES)[place]


def test_without_a_lesion_there_is_no_size() -> None:
    assert size_of(0.0) == size_of(float("nan")) == ""


@pytest.mark.skipif(not BUSBRA.is_dir(), reason="BUS-BRA is not here")
def test_each_size_is_that_of_a_fifth_to_a_half_of_busbra() -> None:
    masks = sorted(BUSBRA.iterdir())[::10]
    sizes = [size_of(lesion_area([read_image(mask)])) for mask in masks]
    shares = [sizes.count(name) / len(masks) for name in SIZES]
    assert sum(shares) == pytest.approx(1)
    assert all(0.2 < share < 0.5 for share in shares)
