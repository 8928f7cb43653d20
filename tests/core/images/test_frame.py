import os
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from paths import SHARED
from screens import as_jpeg, light_screen, mapped, overlap, place

from core.data.duplicates import common_frames
from core.data.phantom.simulate import CLASSES, simulate
from core.images.decode import decode
from core.images.frame import TEXTURE, Box, find_content, texture, to_grey

BUSI = Path(os.environ.get("BUSI_DIR", SHARED / "data" / "busi"))


def bordered(pixels, *, grey):
    """An image within a border of one grey value, 40 pixels wide."""
    return cv2.copyMakeBorder(pixels, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=[grey] * 3)


FRAMES = {frame.name: frame.apply for frame in common_frames.FRAMES} | {
    "black border": partial(bordered, grey=0),
    "grey border": partial(bordered, grey=128),
    "light screen": partial(light_screen, share=0.60),
}


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


def in_common(framed, frame, pixels):
    """The overlap of the tissue that is found in a framed image and in the image alone, 0–1."""
    alone = mapped(find_content(to_grey(pixels)), pixels.shape, place(frame, pixels))
    return overlap(find_content(to_grey(framed)), alone)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_the_same_tissue_is_found_with_and_without_a_frame(frame, phantoms) -> None:
    for pixels in phantoms:
        assert in_common(frame(pixels), frame, pixels) >= 0.9
        # After JPEG, text must not touch the tissue: at 85 %, a wide image lies over the lines of text.
        square = np.ascontiguousarray(pixels[:, : pixels.shape[0]])
        assert in_common(as_jpeg(frame(square)), frame, square) >= 0.9


def test_a_border_within_a_border_is_cropped_to_the_pixel(phantoms) -> None:
    pixels = phantoms[0]
    alone = find_content(to_grey(pixels))
    outer = bordered(bordered(pixels, grey=0), grey=255)
    top, bottom, left, right = alone
    assert find_content(to_grey(outer)) == Box(top + 80, bottom + 80, left + 80, right + 80)


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
    sector = to_grey(phantoms[0]).copy()
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
    overlaps = [in_common(frame(pixels), frame, pixels) for pixels in busi]
    assert np.mean(np.array(overlaps) < 0.9) <= 0.01


@pytest.mark.slow
@pytest.mark.busi
def test_of_busi_itself_nothing_but_black_is_cropped(busi) -> None:
    for pixels in busi:
        grey = to_grey(pixels)
        outside = np.ones(grey.shape, bool)
        box = find_content(grey)
        outside[box.top : box.bottom, box.left : box.right] = False
        # A bright row or column at the edge may go.
        assert outside.mean() < 0.05 or np.quantile(grey[outside], 0.9) <= 16
