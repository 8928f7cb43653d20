"""Augmentation of grey values, after the geometry: tone curve, depth gain and speckle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw

# Size of the speckle: standard deviations of the Gaussian that smooths it, in pixels of the network's input.
# Speckle has the size of a scanner's resolution cell, which is wider across the beam than along it (Wagner,
# Smith, Sandrik and Lopez 1983). Measured in 120 images of BUSI at 192 pixels, in the quarter of their
# patches with the lowest variance: neighbours correlate by 0.86 along x and 0.66 along y, pixels two apart by
# 0.60 and 0.22; at 150 and 224 pixels the same within 0.02.
GRAIN_X, GRAIN_Y = 1.3, 0.8
GRAIN_REACH = 4  # pixels, three standard deviations
_ALONG_X, _ALONG_Y = (cv2.getGaussianKernel(2 * GRAIN_REACH + 1, grain) for grain in (GRAIN_X, GRAIN_Y))
# Random bytes are smoothed, which cost a tenth of as many normal numbers. The result is nearly normal, with
# slightly short tails (excess kurtosis -0.2).
_MEAN = 127.5
# Rows processed at a time. Allocating floats for a whole image takes longer than the arithmetic.
_BAND = 32
GRAIN_DEVIATION = math.sqrt((256**2 - 1) / 12) * float(np.linalg.norm(_ALONG_X) * np.linalg.norm(_ALONG_Y))


def apply_intensity(image: NDArray[np.uint8], draw: Draw) -> NDArray[np.uint8]:
    """Change the grey values of an image: tone curve, depth gain, clipping to 0–255, then speckle.

    Args:
        image: uint8 [H, W, 3]; not modified.
        draw: parameters; those of the geometry are ignored.

    Returns:
        uint8 [H, W, 3]; the given array if the parameters change nothing.
    """
    height, width = image.shape[:2]
    if not draw.brightness == draw.contrast == draw.gamma == 1:
        image = np.asarray(cv2.LUT(image, tone_curve(draw)), np.uint8)
    if draw.depth_gain == 1 and draw.speckle == 0:
        return image
    gain = depth_gain(draw, height)
    noise = speckle(draw, height, width) if draw.speckle else None
    changed = np.empty_like(image)
    for top in range(0, height, _BAND):
        rows = slice(top, top + _BAND)
        factors = np.repeat(gain[rows], width * 3).reshape(-1, width, 3)
        if noise is None:
            # OpenCV rounds and clips on conversion to uint8.
            changed[rows] = cv2.multiply(image[rows], factors, dtype=cv2.CV_8U)
            continue
        grey = cv2.multiply(image[rows], factors, dtype=cv2.CV_32F)
        np.minimum(grey, np.float32(255), out=grey)
        grain = cv2.multiply(cv2.merge([noise[rows]] * 3), cv2.sqrt(grey), scale=math.sqrt(255))
        changed[rows] = cv2.add(grey, grain, dtype=cv2.CV_8U)
    return changed


def tone_curve(draw: Draw) -> NDArray[np.uint8]:
    """Return the new grey value of each old one: brightness, contrast, clipping to 0–255, then gamma.

    Returns:
        uint8 [256], monotonically increasing.
    """
    grey = np.arange(256) * draw.brightness
    grey = 127.5 + draw.contrast * (grey - 127.5)
    return np.rint(255 * (np.clip(grey, 0, 255) / 255) ** draw.gamma).astype(np.uint8)


def depth_gain(draw: Draw, height: int) -> NDArray[np.float32]:
    """Return the factor on the grey values of each row, float32 [H], from top to bottom."""
    return (draw.depth_gain ** np.linspace(-1, 1, height)).astype(np.float32)


def speckle(draw: Draw, height: int, width: int) -> NDArray[np.float32]:
    """Return speckle noise for a white image, float32 [H, W] of mean 0, for grey values in [0, 1].

    On a grey value s the noise is √s times as strong, the model of log-compressed B-mode images by Loupas,
    McDicken and Allan (1989).
    """
    shape = (height + 2 * GRAIN_REACH, width + 2 * GRAIN_REACH)
    white = np.random.default_rng(draw.grain).integers(0, 256, shape, np.uint8)
    scale = draw.speckle / GRAIN_DEVIATION
    noise = cv2.sepFilter2D(white, cv2.CV_32F, _ALONG_X * scale, _ALONG_Y, delta=-_MEAN * scale)
    return np.asarray(noise[GRAIN_REACH:-GRAIN_REACH, GRAIN_REACH:-GRAIN_REACH], np.float32)
