"""The same experiment repeated on other random splits of one data set: mean, spread, interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import t

from core.evaluation.intervals import Interval, independent_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

INTERVAL = (
    "95 %. Over several repeats: mean ± t(repeats - 1) · sqrt((1/repeats + test/train) · variance over "
    "repeats), the corrected resampled variance of Nadeau and Bengio 2003 (Machine Learning 52:239). All "
    "repeats draw from one data set, so the plain standard error would be far too small; the correction is "
    "approximate. It tells where the mean may lie on other data of this size from the same source. It is not "
    "the range of single splits (the standard deviation tells that), and it says nothing of another "
    "hospital. Where there is one repeat, or all give the same, it is the interval of the first repeat's "
    "test set, which counts groups and not images; a difference then takes its two figures as independent."
)


class Summary(NamedTuple):
    """One figure over R repeats.

    Attributes:
        mean: over the repeats that have the figure.
        standard_deviation: between the repeats, None where there is one only.
        low: lower end of the 95 % interval of the mean, see ``INTERVAL``.
        high: its upper end.
        values: R numbers, None where the figure does not apply.
    """

    mean: float
    standard_deviation: float | None
    low: float
    high: float
    values: list[float | None]


def summarise(values: Sequence[Interval | None], ratio: float) -> Summary | None:
    """Summarise a figure that lies in [0, 1].

    Args:
        values: of each repeat, with the interval of its own test set; None where it does not apply.
        ratio: test images over training images.

    Returns:
        None where the figure applies to no repeat.
    """
    present = [interval for interval in values if interval is not None]
    if not present:
        return None
    numbers = np.array([interval.value for interval in present])
    mean, spread, half = _corrected(numbers, ratio)
    low, high = (mean - half, mean + half) if half else (present[0].low, present[0].high)
    each = [None if interval is None else interval.value for interval in values]
    return Summary(mean, spread, max(low, 0.0), min(high, 1.0), each)


def difference(minuend: Summary, subtrahend: Summary, ratio: float) -> Summary:
    """Summarise the paired differences of two figures, repeat by repeat.

    Args:
        minuend: without gaps, as the other one.
        subtrahend: of as many repeats.
        ratio: test images over training images, the larger of the two.
    """
    numbers = np.array(minuend.values, float) - np.array(subtrahend.values, float)
    mean, spread, half = _corrected(numbers, ratio)
    low, high = mean - half, mean + half
    if not half:
        _, low, high = independent_difference(
            Interval(minuend.mean, minuend.low, minuend.high),
            Interval(subtrahend.mean, subtrahend.low, subtrahend.high),
        )
    return Summary(mean, spread, max(low, -1.0), min(high, 1.0), numbers.tolist())


def _corrected(values: NDArray[np.float64], ratio: float) -> tuple[float, float | None, float]:
    """Return the mean, the standard deviation, and half the width of the corrected interval, 0 if unknown."""
    mean, count = float(values.mean()), len(values)
    if count == 1:
        return mean, None, 0.0
    spread = float(values.std(ddof=1))
    if spread < 1e-9:  # noqa: PLR2004 (rounding only)
        return mean, spread, 0.0
    return mean, spread, float(t.ppf(0.975, count - 1)) * math.sqrt((1 / count + ratio) * spread**2)
