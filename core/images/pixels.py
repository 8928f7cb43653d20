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


class ClipFrame(NamedTuple):
    """A decoded frame of a clip.

    Attributes:
        pixels: uint8 [H, W, 3], RGB.
        notes: sentences on what decoding changed.
        seconds: time at which it is shown, from the start of the clip, seconds; None where it is not known.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    seconds: float | None = None


def to_grey_levels(
    values: NDArray[np.generic], window: tuple[float, float] | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Scale grey values of any range linearly to 0–255; what lies outside the range is black or white.

    The range is the file's window where that overlaps the values, else the 1st to the 99th percentile: a
    single mark of full brightness must not make everything else dark.

    Args:
        values: numbers of any type and shape. NaN and -inf become 0, inf becomes 255.
        window: smallest and largest value that the file asks to show, or None.

    Returns:
        uint8 of the same shape, and a sentence with the range.

    Raises:
        ImageError: no value is finite.
    """
    levels = np.array(values, np.float64)
    finite = np.isfinite(levels)
    least = float(levels.min(where=finite, initial=np.inf))
    most = float(levels.max(where=finite, initial=-np.inf))
    if least > most:
        raise ImageError("has no finite grey values; export it again.", "damaged")
    if window is not None and window[0] < most and window[1] > least:
        (low, high), source = window, "the window in the file"
    else:
        (low, high), source = _percentiles(values[finite]), "1st to 99th percentile"
    if low >= high:  # nearly all values are equal
        (low, high), source = (least, most), "the smallest to the largest"
    levels /= 2  # the full range may exceed the largest float64
    levels -= low / 2
    span = high / 2 - low / 2
    levels *= 255 / span if span > np.finfo(np.float64).tiny * 255 else 0
    np.nan_to_num(levels, copy=False, nan=0, posinf=255, neginf=0)
    np.clip(levels, 0, 255, out=levels)
    note = f"Grey values from {low:g} to {high:g} ({source}) were scaled to 0–255."
    return np.rint(levels, out=levels).astype(np.uint8), note


def _percentiles(values: NDArray[np.generic]) -> tuple[float, float]:
    """Return the 1st and 99th percentile of N values: those of rank round(0.01 (N - 1)) from either end."""
    rank = round(0.01 * (values.size - 1))
    ordered = np.partition(values, (rank, values.size - 1 - rank))
    return float(ordered[rank]), float(ordered[values.size - 1 - rank])
