"""The same experiment repeated on other random splits of one data set: mean, spread, confidence interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, model_validator

from core.evaluation.intervals import independent_difference
from core.evaluation.results import Interval
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

INTERVAL = (
    "95 %. Over several repeats: mean ± t(repeats - 1) · sqrt((1/repeats + test/train) · variance over "
    "repeats), the corrected resampled variance of Nadeau and Bengio 2003 (Machine Learning 52:239). All "
    "repeats draw from one data set, so the plain standard error would be far too small; the correction is "
    "approximate. It says where the mean may lie on other data of this size from the same source. It is not "
    "the range of single splits (see the standard deviation), and it does not cover another hospital. With "
    "one repeat, or equal values in all, it is the interval of the first repeat's test set, which counts "
    "groups instead of images; a difference then takes its two metrics as independent."
)


class RepeatedMetric(Strict):
    """A metric, 0-1, or a difference of two, over R repeats."""

    mean: float = Field(ge=-1, le=1, description="over the repeats that have the metric")
    standard_deviation: float | None = Field(ge=0, description="over the repeats; None for a single one")
    low: float = Field(ge=-1, le=1, description="lower end of the 95 % confidence interval of the mean")
    high: float = Field(ge=-1, le=1, description="upper end")
    values: tuple[float | None, ...] = Field(description="of each repeat; None where it does not apply")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.mean <= self.high:
            raise ValueError("the mean lies outside its interval")
        return self


def summarise(values: Sequence[Interval | None], ratio: float) -> RepeatedMetric | None:
    """Summarise a metric between 0 and 1.

    Args:
        values: value in each repeat, with the interval of its own test set; None where it does not apply.
        ratio: number of test images over number of training images.

    Returns:
        None where the metric applies to no repeat.
    """
    present = [interval for interval in values if interval is not None]
    if not present:
        return None
    mean, spread, half = _corrected(np.array([interval.value for interval in present]), ratio)
    low, high = (mean - half, mean + half) if half else (present[0].low, present[0].high)
    return RepeatedMetric(
        mean=mean,
        standard_deviation=spread,
        low=max(low, 0.0),
        high=min(high, 1.0),
        values=tuple(None if interval is None else interval.value for interval in values),
    )


def difference(minuend: RepeatedMetric, subtrahend: RepeatedMetric, ratio: float) -> RepeatedMetric:
    """Summarise the paired differences of two metrics, repeat by repeat.

    Args:
        minuend: metric that applies in every repeat.
        subtrahend: metric to subtract, with as many repeats.
        ratio: number of test images over number of training images, the larger of the two.
    """
    numbers = np.array(minuend.values, float) - np.array(subtrahend.values, float)
    mean, spread, half = _corrected(numbers, ratio)
    low, high = mean - half, mean + half
    if not half:
        gap = independent_difference(_interval(minuend), _interval(subtrahend))
        low, high = gap.low, gap.high
    return RepeatedMetric(
        mean=mean,
        standard_deviation=spread,
        low=max(low, -1.0),
        high=min(high, 1.0),
        values=tuple(numbers.tolist()),
    )


def _interval(metric: RepeatedMetric) -> Interval:
    return Interval(value=metric.mean, low=metric.low, high=metric.high)


def _corrected(values: NDArray[np.float64], ratio: float) -> tuple[float, float | None, float]:
    """Return the mean, the standard deviation, and half the width of the corrected interval, 0 if unknown."""
    mean, count = float(values.mean()), len(values)
    if count == 1:
        return mean, None, 0.0
    spread = float(values.std(ddof=1))
    if spread < 1e-9:  # noqa: PLR2004 (rounding only)
        return mean, spread, 0.0
    # Here, since the app reads such results and computes none: SciPy takes a second to import.
    from scipy.special import stdtrit  # noqa: PLC0415

    return mean, spread, float(stdtrit(count - 1, 0.975)) * math.sqrt((1 / count + ratio) * spread**2)
