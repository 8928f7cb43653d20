"""Confidence intervals against published values, their own equations, and resampling by hand."""

import numpy as np
import pytest
from scipy.stats import beta

from core.evaluation.intervals import (
    RESAMPLES,
    Z,
    effective_size,
    independent_difference,
    interval_of_auc,
    interval_of_f1,
    mean_of,
    percentile,
    proportion,
    proportion_of_hits,
    resampled_weights,
    wilson_bounds,
)
from core.evaluation.results import Interval

pytestmark = pytest.mark.filterwarnings("error")


def numbers(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


# Newcombe 1998, Statistics in Medicine 17:857, Table I, method 3.
@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(hits, count, low, high):
    ends = [end.tolist() for end in wilson_bounds(np.array([hits, count - hits, 0, count]) / count, count)]
    assert (ends[0][0], ends[1][0]) == pytest.approx((low, high), abs=6e-5)
    assert (ends[0][1], ends[1][1]) == pytest.approx((1 - high, 1 - low), abs=6e-5)
    assert (ends[0][2], ends[1][3]) == pytest.approx((0, 1), abs=1e-15)


@pytest.mark.parametrize("hits", [1, 2, 15])
def test_a_proportion_is_the_wider_of_wilson_and_jeffreys(hits):
    score = [end.item() for end in wilson_bounds(np.float64(hits / 30), 30)]
    # The posterior with Jeffreys' prior, Beta(1/2, 1/2).
    jeffreys = beta.ppf([0.025, 0.975], hits + 0.5, 30 - hits + 0.5)
    expected = hits / 30, min(score[0], jeffreys[0]), max(score[1], jeffreys[1])
    assert numbers(proportion(hits / 30, 30)) == pytest.approx(expected)
    mirrored = proportion(1 - hits / 30, 30)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - expected[2], 1 - expected[1]))
    assert proportion(0, 30).low == 0
    assert proportion(1, 30).high == 1


def test_effective_size_counts_groups():
    assert effective_size(["a", "a", "b", "b", "c", "c"]) == 3
    assert effective_size(np.arange(7)) == 7
    assert effective_size([1] * 100 + [2]) < 1.1


def test_interval_of_an_area_solves_its_equation():
    positives, negatives, auc = 30, 70, 0.9
    _, low, high = numbers(interval_of_auc(auc, positives, negatives))
    for theta in (low, high):
        others = (positives + negatives) / 2 - 1
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + others * spread) / (positives * negatives)
        assert (auc - theta) ** 2 == pytest.approx(Z**2 * variance, rel=1e-6)
    assert low < auc < high
    assert interval_of_auc(1.0, 30, 30).low == pytest.approx(0.933, abs=1e-3)
    assert interval_of_auc(1.0, 30, 30).high == 1
    assert interval_of_auc(0.0, 30, 30).low == 0


def test_intervals_of_f1():
    # Of 40 images that are of the class or were given it, 26.7 are both: 2/3, from 0.512 to 0.797.
    jaccard = proportion(2 / 3, 40)
    assert numbers(jaccard) == pytest.approx((2 / 3, 0.512, 0.797), abs=1e-3)
    ends = [2 * end / (1 + end) for end in numbers(jaccard)]
    assert numbers(interval_of_f1(0.8, 40)) == pytest.approx(ends)
    assert interval_of_f1(1.0, 40).low < 0.96


def test_groups_are_resampled_whole_and_within_class():
    rng = np.random.default_rng(4)
    truth = np.array([0] * 6 + [1] * 4)
    groups = np.array(["a", "a", "b", "c", "c", "d", "e", "e", "f", "g"])
    weights = np.concatenate(list(resampled_weights(truth, groups, rng)))
    assert weights.shape == (RESAMPLES, 10)
    for name in "ace":
        assert (np.ptp(weights[:, groups == name], axis=1) == 0).all()
    firsts = np.unique(groups, return_index=True)[1]
    assert (weights[:, firsts][:, truth[firsts] == 0].sum(axis=1) == 4).all()
    assert (weights[:, firsts][:, truth[firsts] == 1].sum(axis=1) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(10), abs=0.12)


def test_many_images_are_resampled_in_parts():
    parts = resampled_weights(np.zeros(9000, int), np.arange(9000), np.random.default_rng(4))
    rows = [len(weights) for weights in parts]
    assert len(rows) > 1
    assert sum(rows) == RESAMPLES


def test_a_mean_is_at_least_as_wide_as_its_resamples_and_never_without_width() -> None:
    rng = np.random.default_rng(1)
    samples = rng.normal(0.8, 0.05, (RESAMPLES, 3))
    metrics = [Interval(value=0.8, low=0.75, high=0.85)] * 3
    mean = mean_of(metrics, samples, unseen=1)
    low, high = np.percentile(samples.mean(axis=1), [2.5, 97.5])
    assert mean.low <= low < 0.8 < high <= mean.high
    # Nothing varies: the mean of three independent metrics has 1/√3 of the width of one.
    perfect = [Interval(value=1, low=0.9, high=1)] * 3
    constant = np.ones((RESAMPLES, 3))
    assert numbers(mean_of(perfect, constant, unseen=0)) == pytest.approx((1, 1 - 0.1 / np.sqrt(3), 1))
    assert numbers(mean_of(perfect, constant, unseen=1)) == pytest.approx((1, 0.9, 1))


def test_a_difference_of_independent_metrics_by_hand() -> None:
    gap = independent_difference(
        Interval(value=0.8, low=0.7, high=0.85), Interval(value=0.6, low=0.5, high=0.65)
    )
    assert numbers(gap) == pytest.approx((0.2, 0.2 - np.hypot(0.1, 0.05), 0.2 + np.hypot(0.05, 0.1)))
    widest = independent_difference(Interval(value=1, low=0, high=1), Interval(value=0, low=0, high=1))
    assert (widest.low, widest.high) == (pytest.approx(1 - np.sqrt(2)), 1)


def test_a_percentile_interval_holds_its_value() -> None:
    samples = np.linspace(0.4, 0.6, RESAMPLES)
    assert numbers(percentile(0.5, samples)) == pytest.approx((0.5, 0.405, 0.595))
    assert percentile(0.9, samples).high == 0.9
    assert percentile(0.1, samples).low == 0.1


def test_without_images_there_is_no_share() -> None:
    assert proportion_of_hits(np.zeros(0, bool), []) is None
    assert proportion_of_hits(np.array([True, False]), [1, 2]) == proportion(0.5, 2)
