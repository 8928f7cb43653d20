"""What an augmentation can do, laid out: each parameter's range, one parameter at a time, parts of a draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.augmentation.draw import Draw

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation

UNCHANGED = Draw()
# An image sheared by 90 degrees would be a line.
_STEEPEST_SHEAR = 89.0


def ranges(augmentation: Augmentation, side: int) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest value that ``transform.draw`` can give each field of a Draw.

    Args:
        augmentation: the ranges as a recipe names them.
        side: of the square image, pixels; shifts are measured in them.

    Returns:
        Field of Draw → (low, high), in the units of Draw; only fields that are drawn at all. The flip has
        (0, 1).
    """

    def within(reach: float) -> tuple[float, float]:
        return -reach, reach

    of_all = {
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
        "depth_gain": augmentation.depth_gain_range,
        "speckle": augmentation.speckle_range,
    }
    return {
        field: (low, high)
        for field, (low, high) in of_all.items()
        if low < high or low != float(getattr(UNCHANGED, field))
    }


def strips(augmentation: Augmentation, side: int, steps: int = 5) -> dict[str, list[Draw]]:
    """Return what each parameter does alone, from one end of its range to the other.

    Args:
        augmentation: the ranges.
        side: of the square image, pixels.
        steps: draws for each parameter; the flip has two, a range of one value one.

    Returns:
        Field of Draw → draws that change nothing else, in rising order.
    """
    result = {}
    for field, (low, high) in ranges(augmentation, side).items():
        if field == "flip_horizontal":
            result[field] = [UNCHANGED, Draw(flip_horizontal=True)]
        else:
            values = np.linspace(low, high, steps if low < high else 1).tolist()
            result[field] = [UNCHANGED._replace(**{field: value}) for value in values]
    return result


def parts(draw: Draw) -> dict[str, Draw]:
    """Return each change of a draw alone: field of Draw → a draw that changes nothing else."""
    grainy = UNCHANGED._replace(grain=draw.grain)
    return {
        field: (grainy if field == "speckle" else UNCHANGED)._replace(**{field: value})
        for field, value in draw._asdict().items()
        if field != "grain" and value != getattr(UNCHANGED, field)
    }


def shear_as_radians(augmentation: Augmentation) -> Augmentation:
    """Return the augmentation that a reader expects who takes ``shear_range`` for radians.

    Args:
        augmentation: whose ``shear_range`` is in degrees, as Keras has it.

    Returns:
        The same with the shear that the number would be in radians, in degrees, at most 89.
    """
    degrees = min(math.degrees(augmentation.shear_range), _STEEPEST_SHEAR)
    return augmentation.model_copy(update={"shear_range": degrees})
