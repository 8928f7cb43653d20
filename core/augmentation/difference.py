"""The difference between an image and its augmented version, and the pixels filled from outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.augmentation.transform import matrix
from core.palette import BLUE, VERMILLION, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw

# A diverging colour map around light grey that colour-blind readers can read.
_DARKER = np.array(rgb(BLUE), np.float32)
_SAME = np.array([242, 242, 242], np.float32)
_BRIGHTER = np.array(rgb(VERMILLION), np.float32)
_FILL = _BRIGHTER
_FILL_OPACITY = 0.6


class Amount(NamedTuple):
    """Amount of difference between two images.

    Attributes:
        mean: mean absolute difference, grey levels 0–255.
        share: share of pixels that differ by more than ``VISIBLE`` grey levels, 0–1.
    """

    mean: float
    share: float


VISIBLE = 2
"""Grey levels; smaller differences, such as those of rounding, are invisible."""


def signed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the signed difference of two images, averaged over the channels.

    Args:
        before: uint8 [H, W, 3].
        after: uint8 [H, W, 3].

    Returns:
        float32 [H, W], after minus before in grey levels, -255 to 255.
    """
    return np.asarray(after.astype(np.float32).mean(axis=2) - before.astype(np.float32).mean(axis=2))


def amount(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Amount:
    """Measure the difference of two images, uint8 [H, W, 3]."""
    absolute = np.abs(signed(before, after))
    return Amount(float(absolute.mean()), float((absolute > VISIBLE).mean()))


def draw_difference(
    before: NDArray[np.uint8], after: NDArray[np.uint8], amplification: float
) -> NDArray[np.uint8]:
    """Draw the signed difference: orange is brighter, blue is darker, light grey is unchanged.

    Args:
        before: uint8 [H, W, 3].
        after: uint8 [H, W, 3].
        amplification: factor on the difference; 255 / amplification grey levels or more get the full colour.

    Returns:
        uint8 [H, W, 3].
    """
    strength = np.clip(signed(before, after) * amplification / 255, -1, 1)[..., np.newaxis]
    ends = np.where(strength > 0, _BRIGHTER, _DARKER)
    return np.rint(_SAME + np.abs(strength) * (ends - _SAME)).astype(np.uint8)


def filled(draw: Draw, height: int, width: int) -> NDArray[np.bool_]:
    """Return which pixels of an augmented image come from outside the original.

    Those repeat the nearest border pixel (``fill_mode='nearest'``).

    Args:
        draw: parameters of the augmentation.
        height: height of the image, pixels.
        width: width of the image, pixels.

    Returns:
        bool [H, W].
    """
    y, x = np.mgrid[:height, :width]
    to_input = matrix(draw, height, width)
    from_x, from_y = np.tensordot(to_input, np.stack([x, y, np.ones_like(x)]), axes=1)
    # A pixel extends half a pixel from its centre; the tolerance absorbs the rounding of sines.
    edge = 0.5 + 1e-9
    return (from_x < -edge) | (from_x > width - 1 + edge) | (from_y < -edge) | (from_y > height - 1 + edge)


def mark(image: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Tint and outline a region of an image.

    Args:
        image: uint8 [H, W, 3].
        where: bool [H, W], true in the region.

    Returns:
        uint8 [H, W, 3].
    """
    opacity = np.where(where, _FILL_OPACITY, 0)[..., np.newaxis]
    tinted = np.rint(image * (1 - opacity) + _FILL * opacity).astype(np.uint8)
    outlines, _ = cv2.findContours(where.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(tinted, outlines, -1, (255, 255, 255), 1), np.uint8)


def with_ring(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a square image, uint8 [S, S, 3], with a circle about its centre that shows distortion."""
    side = image.shape[0]
    centre, radius = (side // 2, side // 2), round(side * 0.3)
    ringed = cv2.circle(image.copy(), centre, radius, (255, 255, 255), max(1, side // 40), cv2.LINE_AA)
    ring = cv2.circle(ringed, centre, radius, _FILL.tolist(), max(1, side // 80), cv2.LINE_AA)
    return np.asarray(ring, np.uint8)
