"""Frames of the self-test: the same around every image, with the whole image inside."""

import cv2
import numpy as np
import pytest

from core.data.duplicates import common_frames
from core.data.duplicates.common_frames import FRAMES, HEIGHT, WIDTH

SCREENS = [frame for frame in FRAMES if not frame.name.startswith("white border")]


def noise(seed, height=300, width=400):
    return np.random.default_rng(seed).integers(60, 200, (height, width, 3), dtype=np.uint8)


def test_names_are_different():
    assert len({frame.name for frame in FRAMES}) == len(FRAMES)


@pytest.mark.parametrize("share", [0.03, 0.05])
def test_a_border_is_white_and_as_wide_as_a_share(share):
    framed = common_frames.bordered(noise(0), share=share)
    down, across = round(300 * share), round(400 * share)
    assert framed.shape == (300 + 2 * down, 400 + 2 * across, 3)
    np.testing.assert_array_equal(framed[down:-down, across:-across], noise(0))
    framed[down:-down, across:-across] = 255
    assert (framed == 255).all()


@pytest.mark.parametrize("frame", SCREENS, ids=lambda frame: frame.name)
def test_a_screen_is_the_same_around_images_of_one_size(frame):
    one, two = frame.apply(noise(0)), frame.apply(noise(1))
    assert one.shape == two.shape == (HEIGHT, WIDTH, 3)
    rows, columns = (np.flatnonzero((one != two).any(axis=(2, other))) for other in (1, 0))
    shown = one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # All that differs is the image, whole and undistorted.
    assert shown.shape[1] / shown.shape[0] == pytest.approx(400 / 300, abs=0.02)
    back = cv2.resize(shown, (400, 300), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(back.ravel(), noise(0).ravel())[0, 1] > 0.5
    # Nothing of one image stays on the screen of the next.
    np.testing.assert_array_equal(frame.apply(noise(0)), one)


@pytest.mark.parametrize("share", [0.85, 0.60])
def test_an_image_on_a_scanner_screen_is_as_high_as_said(share):
    one, two = (common_frames.on_a_scanner_screen(noise(seed), share=share) for seed in (0, 1))
    rows = np.flatnonzero((one != two).any(axis=(1, 2)))
    assert rows[-1] - rows[0] + 1 == pytest.approx(share * HEIGHT, abs=2)


@pytest.mark.parametrize("size", [(50, 1000), (1000, 50), (1, 1)])
def test_images_of_odd_sizes_fit(size):
    for frame in FRAMES:
        assert frame.apply(noise(0, *size)).dtype == np.uint8
