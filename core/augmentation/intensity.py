"""Augmentation of grey values, after the geometry: the tone curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw


def apply_intensity(image: NDArray[np.uint8], draw: Draw) -> NDArray[np.uint8]:
    """Change the grey values of an image by the tone curve.

    Args:
        image: uint8 [H, W, 3]; not modified.
        draw: parameters; those of the geometry are ignored.

    Returns:
        uint8 [H, W, 3]; the given array if the parameters change nothing.
    """
    if draw.brightness == draw.contrast == draw.gamma == 1:
        return image
    return np.asarray(cv2.LUT(image, tone_curve(draw)), np.uint8)


def tone_curve(draw: Draw) -> NDArray[np.uint8]:
    """Return the new grey value of each old one: brightness, contrast, clipping to 0–255, then gamma.

    Returns:
        uint8 [256], monotonically increasing.
    """
    grey = np.arange(256) * draw.brightness
    grey = 127.5 + draw.contrast * (grey - 127.5)
    return np.rint(255 * (np.clip(grey, 0, 255) / 255) ** draw.gamma).astype(np.uint8)
