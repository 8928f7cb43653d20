"""Statistics of grey values, colours and texture."""

import cv2
import numpy as np

from core.images.statistics import WIDTH, statistics


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(values, np.uint8)[..., np.newaxis], 3, axis=2)


def test_a_flat_image_has_no_texture() -> None:
    found = statistics(grey(np.full((64, 64), 100)))
    assert found.shape == (WIDTH,)
    assert found.dtype == np.float32
    assert found[2] == np.float32(100 / 255)
    np.testing.assert_array_equal(found[13:].reshape(-1, 3), np.tile([0, 0, 1], (8, 1)))
    np.testing.assert_array_equal(found[3:13], np.eye(10)[4])


def test_a_colour_shows_in_the_saturation_alone() -> None:
    pixels = np.random.default_rng(0).integers(40, 200, (64, 64)).astype(np.uint8)
    coloured = grey(pixels)
    coloured[..., 2] //= 2
    assert statistics(grey(pixels))[0] == 0
    assert statistics(coloured)[0] > 3


def test_stripes_differ_in_one_direction() -> None:
    across = statistics(grey(np.tile([0, 200], (64, 32))))[13:16]
    down = statistics(grey(np.tile([0, 200], (64, 32))))[16:19]
    np.testing.assert_allclose(across, [np.log1p(200), 0, 0], atol=1e-6)
    np.testing.assert_array_equal(down, [0, 0, 1])


def test_smoothing_lowers_fine_texture_more_than_coarse() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 128)).astype(np.uint8)
    lost = statistics(grey(noise)) - statistics(grey(cv2.GaussianBlur(noise, (0, 0), 2)))
    finest, coarsest = lost[13], lost[13 + 18]
    assert finest > coarsest > 0
