import os
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from paths import SHARED
from screens import as_jpeg, bordered, mapped, on_screen, overlap

from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import decode
from core.images.frame import TEXTURE, Box, find_content, texture, to_grey

BUSI = Path(os.environ.get("BUSI_DIR", SHARED / "data" / "busi"))
FRAMES = {
    "white border of 3 %": partial(bordered, share=0.03),
    "white border of 5 %": partial(bordered, share=0.05),
    "black border": partial(bordered, share=0.1, grey=0),
    "grey border": partial(bordered, share=0.1, grey=128),
    "screen, image 85 % high": partial(on_screen, share=0.85),
    "screen, image 60 % high": partial(on_screen, share=0.60),
    "light screen": partial(on_screen, share=0.60, background=235),
}


def grey_of(pixels):
    return to_grey(pixels)


@pytest.fixture(scope="module")
def phantoms():
    images = [simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image for seed in range(6)]
    return [cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) for image in images]


@pytest.fixture(scope="module")
def busi():
    files = sorted(file for file in BUSI.glob("*/*.png") if "_mask" not in file.name)
    if not files:
        pytest.skip(f"{BUSI} is not here; set BUSI_DIR")
    return [decode(file.read_bytes(), file.name).pixels for file in files]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("changed", [lambda pixels: pixels, as_jpeg], ids=["as drawn", "as JPEG"])
def test_the_same_tissue_is_found_with_and_without_a_frame(frame, changed, phantoms) -> None:
    for pixels in phantoms:
        framed, place = frame(pixels)
        alone = mapped(find_content(grey_of(pixels)), pixels.shape, place)
        assert overlap(find_content(grey_of(changed(framed))), alone) >= 0.9


def test_a_border_within_a_border_is_cropped_to_the_pixel(phantoms) -> None:
    pixels = phantoms[0]
    alone = find_content(grey_of(pixels))
    inner, place = bordered(pixels, 0.1, grey=0)
    outer, around = bordered(inner, 0.05)
    assert find_content(grey_of(outer)) == alone.within(place).within(around)


def test_speckle_has_texture_and_a_bar_of_grey_values_has_none() -> None:
    bar = np.repeat(np.arange(64, dtype=np.uint8)[:, np.newaxis] * 4, 64, axis=1)
    speckle = np.random.default_rng(0).integers(0, 16, (64, 64), dtype=np.uint8)
    assert texture(bar, 9).max() < 1e-3
    assert texture(speckle, 9).min() >= TEXTURE


def test_grey_values_stay_as_they_are() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    np.testing.assert_array_equal(to_grey(grey), grey)
    np.testing.assert_array_equal(to_grey(np.repeat(grey[..., np.newaxis], 3, axis=2)), grey)


@pytest.mark.parametrize("grey", [0, 200])
def test_an_image_without_texture_is_its_own_content(grey) -> None:
    assert find_content(np.full((50, 60), grey, np.uint8)) == Box(0, 50, 0, 60)
    assert find_content(np.full((1, 1), grey, np.uint8)) == Box(0, 1, 0, 1)


def test_black_corners_belong_to_the_image(phantoms) -> None:
    sector = grey_of(phantoms[0]).copy()
    height, width = sector.shape
    row, column = np.mgrid[:height, :width]
    sector[np.abs(column - width / 2) > width / 4 + row * width / height / 3] = 0
    found = find_content(sector)
    columns = np.flatnonzero((sector[: found.bottom] > 8).any(axis=0))
    assert (found.top, found.left) == (0, pytest.approx(columns[0], abs=width * 0.03))
    assert found.right == pytest.approx(columns[-1] + 1, abs=width * 0.03)


def test_coarse_pixels_are_no_frame() -> None:
    blocks = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    assert find_content(np.kron(blocks, np.ones((20, 20), np.uint8))) == Box(0, 560, 0, 560)


@pytest.mark.slow
@pytest.mark.busi
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_busi_in_a_frame(frame, busi) -> None:
    overlaps = []
    for pixels in busi:
        framed, place = frame(pixels)
        alone = mapped(find_content(grey_of(pixels)), pixels.shape, place)
        overlaps.append(overlap(find_content(grey_of(framed)), alone))
    assert np.mean(np.array(overlaps) < 0.9) <= 0.01


@pytest.mark.slow
@pytest.mark.busi
def test_of_busi_itself_nothing_but_black_is_cropped(busi) -> None:
    for pixels in busi:
        grey = grey_of(pixels)
        outside = np.ones(grey.shape, bool)
        box = find_content(grey)
        outside[box.top : box.bottom, box.left : box.right] = False
        # A bright row or column at the edge may go.
        assert outside.mean() < 0.05 or np.quantile(grey[outside], 0.9) <= 16
