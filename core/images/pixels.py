"""Decoded RGB pixels, and grey values of any range scaled to 0-255."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.images.limits import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Decoded(NamedTuple):
    """RGB pixels, uint8 [H, W, 3], and what had to be changed to get them, in sentences."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def to_grey_levels(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], str]:
    """Scale numbers of any kind and range to 0–255, from the least finite one to the largest.

    Returns:
        uint8 of the same shape, 0 where there was no number; and a sentence that says so.

    Raises:
        ImageError: no number is finite.
    """
    levels = np.array(values, np.float64)
    finite = np.isfinite(levels)
    low = float(levels.min(where=finite, initial=np.inf))
    high = float(levels.max(where=finite, initial=-np.inf))
    if low > high:
        raise ImageError("holds no numbers; export it again.", "damaged")
    levels /= 2  # so that the range of the largest floats is a float as well
    levels -= low / 2
    levels *= 255 / max(high / 2 - low / 2, np.finfo(np.float64).tiny)
    np.nan_to_num(levels, copy=False, nan=0, posinf=255, neginf=0)
    note = f"Grey values from {low:g} to {high:g} were scaled to 0–255."
    return np.rint(levels, out=levels).astype(np.uint8), note
