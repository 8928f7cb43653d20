"""The share of an image that its masks cover."""

from pathlib import Path

import numpy as np
from PIL import Image

from core.data.data_set import ImageFolders
from core.data.lesion_area import lesion_area, lesion_areas


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
