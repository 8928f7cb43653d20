"""Means over repeated splits and their corrected intervals, by hand."""

import pytest

from core.errors import UserError
from core.evaluation.repeated_splits import RepeatedMetric, difference, summarise
from core.evaluation.results import Interval
from core.schema import parse


def intervals(*values: float) -> list[Interval]:
    return [Interval(value=value, low=value - 0.1, high=value + 0.05) for value in values]


def test_the_interval_of_repeats_is_nadeau_and_bengios() -> None:
    summary = summarise(intervals(0.7, 0.8, 0.9), ratio=1 / 9)
    # By hand: variance 0.01, (1/3 + 1/9) · 0.01 = 0.00444, its root 0.0667, t(2) = 4.3027.
    assert summary.mean == pytest.approx(0.8)
    assert summary.standard_deviation == pytest.approx(0.1)
    assert (summary.low, summary.high) == pytest.approx((0.8 - 0.28685, 1.0), abs=1e-4)
    gap = difference(summary, summarise(intervals(0.5, 0.7, 0.6), ratio=1 / 9), ratio=1 / 9)
    assert gap.values == pytest.approx([0.2, 0.1, 0.3])
    assert (gap.low, gap.high) == pytest.approx((0.2 - 0.28685, 0.2 + 0.28685), abs=1e-4)


def test_without_a_spread_the_interval_is_that_of_the_test_set() -> None:
    alone = summarise(intervals(0.8), ratio=0.1)
    assert (alone.standard_deviation, alone.low, alone.high) == (
        None,
        pytest.approx(0.7),
        pytest.approx(0.85),
    )
    same = summarise(intervals(0.6, 0.6), ratio=0.1)
    assert (same.standard_deviation, same.low, same.high) == (0, pytest.approx(0.5), pytest.approx(0.65))
    gap = difference(alone, summarise(intervals(0.6), ratio=0.1), ratio=0.1)
    # √(0.1² + 0.05²) either way.
    assert (gap.mean, gap.low, gap.high) == pytest.approx((0.2, 0.2 - 0.1118, 0.2 + 0.1118), abs=1e-4)
    assert summarise([None, None], ratio=0.1) is None


@pytest.mark.parametrize(
    "change", [{"mean": 73.6}, {"low": 0.9}, {"high": 0.1}, {"standard_deviation": -1}, {"extra": 0}]
)
def test_what_cannot_be_true_is_refused(change: dict[str, float]) -> None:
    content = {"mean": 0.7, "standard_deviation": None, "low": 0.6, "high": 0.8, "values": [0.7, None]}
    assert parse(RepeatedMetric, content, what="it").values == (0.7, None)
    with pytest.raises(UserError, match="it is not valid"):
        parse(RepeatedMetric, content | change, what="it")
