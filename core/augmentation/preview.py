"""Previews of an augmentation: the range of each parameter, and the effect of each parameter alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.augmentation.draw import Draw

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation

UNCHANGED = Draw()
# Degrees; a shear of 90 degrees would collapse the image to a line.
_MAX_SHEAR = 89.0


def ranges(augmentation: Augmentation, side: int) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest value that ``sample_draw`` can give each field of a Draw.

    Args:
        augmentation: ranges of the augmentation.
        side: side of the square image, pixels.

    Returns:
        Field of Draw → (low, high) in the units of Draw, without the fields that never change anything. The
        flip has (0, 1).
    """

    def within(reach: float) -> tuple[float, float]:
        return -reach, reach

    all_ranges = {
        "theta": within(augmentation.rotation_range),
        "shear": within(augmentation.shear_range),
        "zx": augmentation.zoom_range,
        "zy": augmentation.zoom_range,
        "tx": within(augmentation.height_shift_range * side),
        "ty": within(augmentation.width_shift_range * side),
        "flip_horizontal": (0.0, float(augmentation.horizontal_flip)),
        "brightness": augmentation.brightness_range,
        "contrast": augmentation.contrast_range,
        "gamma": augmentation.gamma_range,
    }
    return {
        field: (low, high)
        for field, (low, high) in all_ranges.items()
        if low < high or low != float(getattr(UNCHANGED, field))
    }


def strips(augmentation: Augmentation, side: int, steps: int = 5) -> dict[str, list[Draw]]:
    """Return draws that vary one parameter at a time, from one end of its range to the other.

    Args:
        augmentation: ranges of the augmentation.
        side: side of the square image, pixels.
        steps: number of draws for each parameter; the flip has two, a range of one value has one.

    Returns:
        Field of Draw → draws in increasing order, which change nothing else.
    """
    result = {}
    for field, (low, high) in ranges(augmentation, side).items():
        if field == "flip_horizontal":
            result[field] = [UNCHANGED, Draw(flip_horizontal=True)]
        else:
            values = np.linspace(low, high, steps if low < high else 1).tolist()
            result[field] = [UNCHANGED._replace(**{field: value}) for value in values]
    return result


def single_changes(draw: Draw) -> dict[str, Draw]:
    """Split a draw into its single changes: field of Draw → a draw that changes nothing else."""
    return {
        field: UNCHANGED._replace(**{field: value})
        for field, value in draw._asdict().items()
        if value != getattr(UNCHANGED, field)
    }


def shear_as_radians(augmentation: Augmentation) -> Augmentation:
    """Return the augmentation that results if ``shear_range`` is mistaken for radians.

    Args:
        augmentation: augmentation whose ``shear_range`` is in degrees, as in Keras.

    Returns:
        The augmentation with its shear read as radians and converted to degrees, at most 89.
    """
    degrees = min(math.degrees(augmentation.shear_range), _MAX_SHEAR)
    return augmentation.model_copy(update={"shear_range": degrees})
