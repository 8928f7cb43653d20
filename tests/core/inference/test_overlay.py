"""Saliency over an image: cells, hues, and the cell with the highest saliency."""

import numpy as np

from core.inference.overlay import overlay, peak, tint


def test_the_overlay_tints_whole_cells_and_nothing_else() -> None:
    image = np.full((30, 30, 3), 100, np.uint8)
    saliency = np.array([[0, 0, 0], [0, 0, 4], [0, 2, 0]], np.float32)
    drawn_over = overlay(image, saliency, strongest=4, opacity=0.5, side=90)
    inside = [
        [drawn_over[30 * row + 10, 30 * column + 10].tolist() for column in range(3)] for row in range(3)
    ]
    assert inside[0][0] == [100, 100, 100]
    assert inside[1][2] == [165, 130, 50]
    assert inside[2][1] == [132, 115, 75]
    cell = drawn_over[31:59, 61:89]
    assert (cell == cell[0, 0]).all()
    assert (overlay(image, saliency, strongest=4, opacity=0, side=90) == 100).all()


def test_the_tint_alone_does_to_an_image_what_the_overlay_does() -> None:
    image = np.full((30, 30, 3), 100, np.uint8)
    saliency = np.array([[0, -3, 0], [0, 0, 4], [0, 2, 0]], np.float32)
    layer = tint(saliency, strongest=4, opacity=0.6, side=90).astype(float)
    share = layer[..., 3:] / 255
    drawn_over = overlay(image, saliency, strongest=4, opacity=0.6, side=90)
    assert np.abs(100 * (1 - share) + layer[..., :3] * share - drawn_over).max() <= 1.5


def test_below_zero_the_overlay_has_another_hue() -> None:
    image = np.full((20, 20, 3), 100, np.uint8)
    signed = np.array([[4, -4], [0, -2]], np.float32)
    drawn_over = overlay(image, signed, strongest=4, opacity=1, side=80)
    assert drawn_over[20, 20].tolist() == [230, 159, 0]
    assert drawn_over[20, 60].tolist() == [86, 180, 233]
    assert drawn_over[60, 20].tolist() == [100, 100, 100]
    assert drawn_over[60, 60].tolist() == [93, 140, 166]
    assert peak(signed) == (1, 1, 1.0)


def test_an_overlay_without_saliency_is_the_image_with_its_cells() -> None:
    image = np.full((30, 30, 3), 100, np.uint8)
    empty = np.zeros((3, 3), np.float32)
    assert overlay(image, empty, strongest=0, opacity=1, side=90)[15, 15].tolist() == [
        100,
        100,
        100,
    ]
    assert peak(empty) is None


def test_the_peak_is_counted_from_one() -> None:
    assert peak(np.array([[1, 1], [6, 0]], np.float32)) == (2, 1, 0.75)
