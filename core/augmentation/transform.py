"""Draw the parameters of a random change, and apply them to an image."""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.augmentation.draw import Draw
from core.augmentation.intensity import apply_intensity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation

# Padding beyond this costs more than it saves.
_MOST_PADDING = 64


def draw(augmentation: Augmentation, rng: np.random.Generator, size: tuple[int, int]) -> Draw:
    """Draw the parameters of one image, each uniformly and independently, as Keras does.

    Every call takes the same amount of randomness, whatever the ranges: two augmentations under one seed
    differ only where their ranges do.

    Args:
        augmentation: the ranges.
        rng: source of randomness; moves on.
        size: height and width of the image, pixels.
    """
    height, width = size
    # One call for all: one for each would take a tenth of the time of the whole augmentation.
    shares = rng.random(10)
    # Three more are hashed from those ten. Taken from the source, they would move all that a seed draws from
    # it afterwards: behind an address of the app would be other images than before.
    further = np.frombuffer(blake2b(shares.tobytes(), digest_size=12).digest(), np.uint32) / 2**32
    share = iter([*shares.tolist(), *further.tolist()])

    def between(low: float, high: float) -> float:
        return low + (high - low) * next(share)

    def within(reach: float) -> float:
        return between(-reach, reach)

    return Draw(
        theta=within(augmentation.rotation_range),
        tx=within(augmentation.height_shift_range) * height,
        ty=within(augmentation.width_shift_range) * width,
        shear=within(augmentation.shear_range),
        zx=between(*augmentation.zoom_range),
        zy=between(*augmentation.zoom_range),
        flip_horizontal=between(0, 1) < 0.5 and augmentation.horizontal_flip,  # noqa: PLR2004
        brightness=between(*augmentation.brightness_range),
        contrast=between(*augmentation.contrast_range),
        gamma=between(*augmentation.gamma_range),
        depth_gain=between(*augmentation.depth_gain_range),
        speckle=between(*augmentation.speckle_range),
        grain=int(between(0, 2**32)),
    )


def matrix(draw: Draw, height: int, width: int) -> NDArray[np.float64]:
    """Return the affine matrix that takes output to input coordinates (``cv2.WARP_INVERSE_MAP``).

    It is rotation · shift · shear · zoom about the centre, then the flip. Keras puts the centre at
    x = (height - 1) / 2, y = (width - 1) / 2: right for the squares that networks see; on other shapes it
    is beside the middle, and so it is here.

    Args:
        draw: parameters; those of tone are not used.
        height: of the image, pixels.
        width: of the image, pixels.

    Returns:
        float64 [2, 3]: (x, y) of the input = matrix · (x, y, 1) of the output, pixels, the first pixel's
        centre at 0.
    """
    theta, shear = math.radians(draw.theta), math.radians(draw.shear)
    cos, sin = math.cos(theta), math.sin(theta)
    # Keras's shear matrix is [[1, -sin], [0, cos]]: times the rotation, the angles of column two add up.
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
    """Change an image: bilinear, and outside of it the nearest pixel's value.

    Args:
        image: uint8 [H, W, 3], RGB.
        draw: the parameters.

    Returns:
        A new uint8 [H, W, 3]; before tone and speckle at most 1 grey level from Keras's float32 result.
    """
    height, width = image.shape[:2]
    return apply_intensity(_warp(image, matrix(draw, height, width)), draw)


def augment(
    image: NDArray[np.uint8], augmentation: Augmentation, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the image, uint8 [H, W, 3], changed by parameters drawn from the ranges."""
    return apply(image, draw(augmentation, rng, (image.shape[0], image.shape[1])))


def _warp(image: NDArray[np.uint8], to_input: NDArray[np.float64]) -> NDArray[np.uint8]:
    # OpenCV warps four channels in half the time of three, and again faster where no block of pixels
    # touches the border: a fourth channel and padding are cheaper than doing without.
    height, width = image.shape[:2]
    outside = max(
        reach
        for (along_x, along_y, start), last in zip(to_input.tolist(), (width - 1, height - 1), strict=True)
        for reach in (
            -(start + min(along_x * (width - 1), 0) + min(along_y * (height - 1), 0)),
            start + max(along_x * (width - 1), 0) + max(along_y * (height - 1), 0) - last,
        )
    )
    padding = min(max(math.ceil(outside), 0) + 1, _MOST_PADDING)
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
