"""Decoded RGB pixels, and the scaling of grey values of any range to 0–255."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.images.limits import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Decoded(NamedTuple):
    """A decoded image.

    Attributes:
        pixels: uint8 [H, W, 3], RGB.
        notes: sentences on what decoding changed, such as the range of grey values.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def to_grey_levels(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], str]:
    """Scale values linearly so that the smallest finite one becomes 0 and the largest 255.

    Args:
        values: numbers of any type and shape. NaN and -inf become 0, inf becomes 255.

    Returns:
        uint8 of the same shape, and a sentence with the original range.

    Raises:
        ImageError: no value is finite.
    """
    levels = np.array(values, np.float64)
    finite = np.isfinite(levels)
    low = float(levels.min(where=finite, initial=np.inf))
    high = float(levels.max(where=finite, initial=-np.inf))
    if low > high:
        raise ImageError("has no finite grey values; export it again.", "damaged")
    levels /= 2  # the full range may exceed the largest float64
    levels -= low / 2
    levels *= 255 / max(high / 2 - low / 2, np.finfo(np.float64).tiny)
    np.nan_to_num(levels, copy=False, nan=0, posinf=255, neginf=0)
    note = f"Grey values from {low:g} to {high:g} were scaled to 0–255."
    return np.rint(levels, out=levels).astype(np.uint8), note
