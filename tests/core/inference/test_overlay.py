"""Saliency over an image: cells, hues, and the cell with the highest saliency."""

import numpy as np

from core.inference.overlay import peak, tint


def middles(layer: np.ndarray) -> list[list[list[int]]]:
    """Colour and opacity in the middle of each of nine cells."""
    return layer[15::30, 15::30].tolist()


def test_whole_cells_are_tinted_relative_to_the_strongest_of_all_classes() -> None:
    shown = [[0, 0, 0], [0, 0, 4], [0, 2, 0]]
    layer = tint(np.array([shown, np.full((3, 3), 8)], np.float32), 0, opacity=0.5, side=90)
    assert layer.shape == (90, 90, 4)
    inside = middles(layer)
    assert inside[1][2] == [230, 159, 0, 64]  # half of the strongest, at an opacity of a half
    assert inside[2][1] == [230, 159, 0, 32]
    assert inside[0][0][3] == 0
    cell = layer[31:59, 61:89]
    assert (cell == cell[0, 0]).all()
    assert layer[30, 15].tolist() == [255, 255, 255, 89]  # a white line between two cells


def test_below_zero_the_tint_has_another_hue() -> None:
    signed = np.array([[[4, -4, 0], [0, -2, 0], [0, 0, 0]]], np.float32)
    inside = middles(tint(signed, 0, opacity=1, side=90))
    assert inside[0] == [[230, 159, 0, 255], [86, 180, 233, 255], [230, 159, 0, 0]]
    assert inside[1][1] == [86, 180, 233, 128]
    assert peak(signed[0]) == (1, 1, 1.0)


def test_without_saliency_or_opacity_an_image_keeps_its_pixels() -> None:
    empty = np.zeros((1, 3, 3), np.float32)
    assert all(cell[3] == 0 for row in middles(tint(empty, 0, opacity=1, side=90)) for cell in row)
    assert not tint(empty + 1, 0, opacity=0, side=90)[..., 3].any()
    assert peak(empty[0]) is None


def test_the_peak_is_counted_from_one() -> None:
    assert peak(np.array([[1, 1], [6, 0]], np.float32)) == (2, 1, 0.75)
