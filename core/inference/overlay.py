"""Saliency as a tint to be laid over the network input, one cell of the feature map at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.palette import ORANGE, SKY_BLUE, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Hues that no grey image has, and that colour-blind readers tell apart.
_TINT = np.array(rgb(ORANGE), np.float32)
_TINT_BELOW = np.array(rgb(SKY_BLUE), np.float32)
_LINE = 0.35


class Peak(NamedTuple):
    """The cell with the highest saliency.

    Attributes:
        row: row, counted from 1 at the top.
        column: column, counted from 1 at the left.
        share: fraction of the total positive saliency, 0–1.
    """

    row: int
    column: int
    share: float


def peak(saliency: NDArray[np.floating]) -> Peak | None:
    """Return the cell with the highest saliency of a class, [h, w], or None where none is positive."""
    total = float(np.maximum(saliency, 0).sum())
    if total <= 0:
        return None
    row, column = np.unravel_index(int(saliency.argmax()), saliency.shape)
    return Peak(int(row) + 1, int(column) + 1, float(saliency[row, column]) / total)


def tint(
    saliency: NDArray[np.floating], of_class: int, *, opacity: float, side: int = 576
) -> NDArray[np.uint8]:
    """Return the tint of each cell of the last feature map, with borders between the cells.

    The saliency is not interpolated, since the network has one value per cell. The strongest cell of all
    classes gets the full opacity, so that the classes can be compared.

    Args:
        saliency: saliency of every class, [C, h, w]; orange where positive, blue where negative.
        of_class: index of the class that is drawn.
        opacity: opacity of the strongest cell, 0–1.
        side: side of the result, pixels.

    Returns:
        uint8 [side, side, 4], RGB and opacity, to be laid over the image.
    """
    rows, columns = saliency.shape[1:]
    row, column = np.arange(side) * rows // side, np.arange(side) * columns // side
    strongest = float(np.abs(saliency).max()) or 1
    strength = np.asarray(saliency[of_class], np.float32)[np.ix_(row, column)] / strongest
    weight = (np.abs(strength) * opacity)[..., np.newaxis]
    colour = np.where(strength[..., np.newaxis] < 0, _TINT_BELOW, _TINT)
    if opacity > 0:
        border = np.zeros((side, side), np.bool_)
        border[1:] |= (row[1:] != row[:-1])[:, np.newaxis]
        border[:, 1:] |= column[1:] != column[:-1]
        # White over the tint.
        both = _LINE + (1 - _LINE) * weight[border]
        colour[border] = (255 * _LINE + (1 - _LINE) * weight[border] * colour[border]) / both
        weight[border] = both
    return np.rint(np.concatenate([colour, 255 * weight], axis=2)).astype(np.uint8)
