"""The parameters of one random augmentation, and their sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation


class Draw(NamedTuple):
    """Parameters of the augmentation of one image, with Keras's names and units. The defaults change nothing.

    Attributes:
        theta: rotation, degrees.
        tx: shift along x, **pixels**. As in Keras 3 it is drawn from ``height_shift_range``, although it
            moves the image sideways.
        ty: shift along y, **pixels**. Drawn from ``width_shift_range``, it moves the image up or down.
        shear: shear angle, **degrees**.
        zx: zoom factor along x; above 1 shows more of the image, smaller.
        zy: zoom factor along y, drawn independently of ``zx``.
        flip_horizontal: whether the image is mirrored left to right, after the changes above.
        brightness: factor on the grey value.
        contrast: factor on the distance from mid-grey (127.5).
        gamma: exponent on the grey value scaled to [0, 1].
    """

    theta: float = 0.0
    tx: float = 0.0
    ty: float = 0.0
    shear: float = 0.0
    zx: float = 1.0
    zy: float = 1.0
    flip_horizontal: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    gamma: float = 1.0


def sample_draw(augmentation: Augmentation, rng: np.random.Generator, size: tuple[int, int]) -> Draw:
    """Sample the parameters for one image, uniformly and independently, as Keras does.

    Every call consumes the same amount of randomness, so under one seed two augmentations differ only where
    their ranges do.

    Args:
        augmentation: ranges to sample from.
        rng: random generator; its state advances.
        size: height and width of the image, pixels.
    """
    height, width = size
    # One call for all numbers: one call each would take a tenth of the time of the whole augmentation.
    share = iter(rng.random(10).tolist())

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
    )


def sample_draws(augmentation: Augmentation, size: tuple[int, int], *, seed: int, count: int) -> list[Draw]:
    """Sample the parameters for several versions of one image.

    Args:
        augmentation: ranges to sample from.
        size: height and width of the image, pixels.
        seed: random seed of the draws.
        count: number of draws.
    """
    rng = np.random.default_rng(seed)
    return [sample_draw(augmentation, rng, size) for _ in range(count)]
