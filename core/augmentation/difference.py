"""What a change did to an image: signed difference, and the border that had to be made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.augmentation.transform import matrix
from core.images.palette import BLUE, VERMILLION, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw

# Two colours around a light grey, which keep the signs apart for colour-blind readers.
_DARKER = np.array(rgb(BLUE), np.float32)
_SAME = np.array([242, 242, 242], np.float32)
_BRIGHTER = np.array(rgb(VERMILLION), np.float32)
_SMEAR = _BRIGHTER
_SMEAR_OPACITY = 0.6


class Amount(NamedTuple):
    """How much two images differ.

    Attributes:
        mean: of the absolute differences of grey, 0–255.
        share: of pixels that differ by more than ``VISIBLE`` grey levels, 0–1.
    """

    mean: float
    share: float


VISIBLE = 2
"""Grey levels; a change of so much or less is what rounding does, and nobody sees it."""


def signed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return after minus before in grey levels, float32 [H, W], -255 to 255: the mean of the channels."""
    return np.asarray(after.astype(np.float32).mean(axis=2) - before.astype(np.float32).mean(axis=2))


def amount(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Amount:
    """Measure how much two images, uint8 [H, W, 3], differ."""
    size = np.abs(signed(before, after))
    return Amount(float(size.mean()), float((size > VISIBLE).mean()))


def view(before: NDArray[np.uint8], after: NDArray[np.uint8], amplification: float) -> NDArray[np.uint8]:
    """Draw the signed difference: orange where it became brighter, blue where darker, light grey where equal.

    Args:
        before: uint8 [H, W, 3].
        after: of the same shape.
        amplification: a difference of 255 / amplification grey levels, or more, gets the full colour.

    Returns:
        uint8 [H, W, 3].
    """
    strength = np.clip(signed(before, after) * amplification / 255, -1, 1)[..., np.newaxis]
    ends = np.where(strength > 0, _BRIGHTER, _DARKER)
    return np.rint(_SAME + np.abs(strength) * (ends - _SAME)).astype(np.uint8)


def made_up(draw: Draw, height: int, width: int) -> NDArray[np.bool_]:
    """Return where a changed image shows something from beyond the original's border, bool [H, W].

    What is there are copies of the nearest pixel (``fill_mode='nearest'``). A pixel reaches half a pixel
    from its centre.
    """
    y, x = np.mgrid[:height, :width]
    to_input = matrix(draw, height, width)
    from_x, from_y = np.tensordot(to_input, np.stack([x, y, np.ones_like(x)]), axes=1)
    # A billionth of a pixel, so that the rounding of sines does not decide.
    edge = 0.5 + 1e-9
    return (from_x < -edge) | (from_x > width - 1 + edge) | (from_y < -edge) | (from_y > height - 1 + edge)


def mark(image: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Tint a part of an image, uint8 [H, W, 3], orange where bool [H, W] is true, and frame it."""
    opacity = np.where(where, _SMEAR_OPACITY, 0)[..., np.newaxis]
    tinted = np.rint(image * (1 - opacity) + _SMEAR * opacity).astype(np.uint8)
    outlines, _ = cv2.findContours(where.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(tinted, outlines, -1, (255, 255, 255), 1), np.uint8)


def with_ring(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a square image, uint8 [S, S, 3], with a circle about its centre, to see what squeezes it."""
    side = image.shape[0]
    centre, radius = (side // 2, side // 2), round(side * 0.3)
    ringed = cv2.circle(image.copy(), centre, radius, (255, 255, 255), max(1, side // 40), cv2.LINE_AA)
    ring = cv2.circle(ringed, centre, radius, _SMEAR.tolist(), max(1, side // 80), cv2.LINE_AA)
    return np.asarray(ring, np.uint8)
