"""Apply the parameters of an augmentation to an image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.augmentation.draw import sample_draw
from core.augmentation.intensity import apply_intensity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw
    from core.augmentation.ranges import Augmentation

# Pixels; more padding costs more time than it saves.
_MAX_PADDING = 64


def matrix(draw: Draw, height: int, width: int) -> NDArray[np.float64]:
    """Return the affine matrix that maps output to input coordinates (``cv2.WARP_INVERSE_MAP``).

    It is rotation · shift · shear · zoom about the centre, then the flip. As in Keras the centre is at
    x = (height - 1) / 2, y = (width - 1) / 2, which is the middle of square images only.

    Args:
        draw: parameters; those of the grey values are ignored.
        height: height of the image, pixels.
        width: width of the image, pixels.

    Returns:
        float64 [2, 3]: (x, y) of the input = matrix · (x, y, 1) of the output, in pixels, with the first
        pixel's centre at 0.
    """
    theta, shear = math.radians(draw.theta), math.radians(draw.shear)
    cos, sin = math.cos(theta), math.sin(theta)
    # Keras's shear matrix is [[1, -sin], [0, cos]]; multiplied by the rotation, the angles in column two add.
    xx, xy = cos * draw.zx, -math.sin(theta + shear) * draw.zy
    yx, yy = sin * draw.zx, math.cos(theta + shear) * draw.zy
    centre_x, centre_y = (height - 1) / 2, (width - 1) / 2
    x = cos * draw.tx - sin * draw.ty + centre_x - xx * centre_x - xy * centre_y
    y = sin * draw.tx + cos * draw.ty + centre_y - yx * centre_x - yy * centre_y
    if draw.flip_horizontal:
        x, y = x + xx * (width - 1), y + yx * (width - 1)
        xx, yx = -xx, -yx
    return np.array([[xx, xy, x], [yx, yy, y]])


def apply(image: NDArray[np.uint8], draw: Draw) -> NDArray[np.uint8]:
    """Augment an image with given parameters.

    Interpolation is bilinear; pixels from outside the image take the value of the nearest border pixel.

    Args:
        image: uint8 [H, W, 3], RGB.
        draw: parameters of the augmentation.

    Returns:
        A new array, uint8 [H, W, 3], whose geometry is at most 1 grey level from Keras's float32 result.
    """
    height, width = image.shape[:2]
    return apply_intensity(_warp(image, matrix(draw, height, width)), draw)


def augment(
    image: NDArray[np.uint8], augmentation: Augmentation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Augment an image with randomly sampled parameters.

    Args:
        image: uint8 [H, W, 3], RGB.
        augmentation: ranges to sample from.
        rng: random generator; its state advances.

    Returns:
        A new array, uint8 [H, W, 3].
    """
    return apply(image, sample_draw(augmentation, rng, (image.shape[0], image.shape[1])))


def _warp(image: NDArray[np.uint8], to_input: NDArray[np.float64]) -> NDArray[np.uint8]:
    # OpenCV warps four channels in half the time of three, and faster still where no block of pixels
    # touches the border; a fourth channel and padding therefore save time.
    height, width = image.shape[:2]
    outside = max(
        reach
        for (along_x, along_y, start), last in zip(to_input.tolist(), (width - 1, height - 1), strict=True)
        for reach in (
            -(start + min(along_x * (width - 1), 0) + min(along_y * (height - 1), 0)),
            start + max(along_x * (width - 1), 0) + max(along_y * (height - 1), 0) - last,
        )
    )
    padding = min(max(math.ceil(outside), 0) + 1, _MAX_PADDING)
    padded = cv2.copyMakeBorder(
        cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), padding, padding, padding, padding, cv2.BORDER_REPLICATE
    )
    shifted = to_input.copy()
    shifted[:, 2] += padding
    warped = cv2.warpAffine(
        padded,
        shifted,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB), np.uint8)
