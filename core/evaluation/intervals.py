"""95 % confidence intervals that treat groups, not images, as independent, even at a perfect score."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.results import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1_000
Z = NormalDist().inv_cdf(0.975)
# Weights held at once: 32 MB, whatever the number of images.
MOST_WEIGHTS = 4_000_000


def effective_size(groups: ArrayLike) -> float:
    """Return the effective number of independent images in a set of groups.

    Kish's (Σm)² / Σm² over the group sizes m (Kish 1965, *Survey Sampling*, with full correlation inside a
    group): the number of groups where all have one size, less where some are larger.

    Args:
        groups: group labels [N].
    """
    sizes = np.unique(np.asarray(groups), return_counts=True)[1].astype(float)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def proportion(share: float, size: float) -> Interval:
    """Return the interval of a proportion, as ``proportion_bounds`` computes it; never of zero width.

    Args:
        share: hits over images, 0-1.
        size: number of images, or effective size of a set of groups (Korn and Graubard 1998), above 0.
    """
    low, high = proportion_bounds(np.float64(share), size)
    return Interval(value=share, low=float(low), high=float(high))


def proportion_bounds(
    shares: NDArray[np.float64] | np.float64, size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the intervals of several proportions of one size, as float64 like them.

    At each end the wider of two: the score interval (Wilson 1927, JASA 22:209) and Jeffreys' (Brown, Cai and
    DasGupta 2001, Statistical Science 16:101). Near 0 and 1 each alone holds the true share too rarely, at
    different shares: Wilson's in 0.89 of samples of 31 groups. Together they hold it in at least 0.93, and
    are at most 1.06 times as wide as Wilson's.

    Args:
        shares: hits over images, 0-1, of any shape.
        size: as in ``proportion``.
    """
    # Here, since most pages of the app start without SciPy.
    from scipy.special import betaincinv  # noqa: PLC0415

    low, high = wilson_bounds(shares, size)
    hits = np.clip(shares, 0, 1) * size + 0.5
    misses = size + 1 - hits
    low = np.minimum(low, betaincinv(hits, misses, 0.025))
    high = np.maximum(high, betaincinv(hits, misses, 0.975))
    # At 0 and 1 the exact end is the share itself; rounding must not separate them.
    return np.minimum(low, shares), np.maximum(high, shares)


def wilson_bounds(
    shares: NDArray[np.float64] | np.float64, size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of Wilson's score interval of several proportions, as ``proportion_bounds`` does."""
    centre = (shares + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * np.sqrt(shares * (1 - shares) / size + Z**2 / (4 * size**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def proportion_of_hits(hits: NDArray[np.bool_], groups: ArrayLike) -> Interval | None:
    """Return the share of hits with its interval at the effective size of the groups.

    Args:
        hits: bool [N].
        groups: group labels [N].

    Returns:
        None where N is 0.
    """
    return proportion(float(hits.mean()), effective_size(groups)) if len(hits) else None


def interval_of_auc(auc: float, positives: float, negatives: float) -> Interval:
    """Return the score interval of an area under the ROC curve; never of zero width.

    Method 5 of Newcombe 2006 (Statistics in Medicine 25:559): the θ with (auc - θ)² ≤ z² V(θ), V being
    Hanley and McNeil's variance with both numbers of images replaced by their mean.

    Args:
        auc: 0-1.
        positives: effective number of images of the class.
        negatives: effective number of all other images.
    """
    others = (positives + negatives) / 2 - 1

    def excess(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + others * spread) / (positives * negatives)
        return abs(auc - theta) - Z * math.sqrt(max(variance, 0.0))

    return Interval(
        value=auc,
        low=_border(excess, outside=0.0, inside=auc),
        high=_border(excess, outside=1.0, inside=auc),
    )


def _border(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    # Bisection; at an end of [0, 1] the variance is zero too, so the inner point itself is not looked at.
    for _ in range(50):
        middle = (outside + inside) / 2
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return inside


def interval_of_f1(f1: float, size: float) -> Interval:
    """Return the interval of one class's F1 score; never of zero width.

    F1 = 2J / (1 + J), where J = TP / (TP + FP + FN) is a proportion (Hand, Christen and Kirielle 2021,
    Machine Learning 110:451): the interval of J, carried over.

    Args:
        f1: 0-1.
        size: effective number of images whose true or predicted class this is.
    """
    jaccard = proportion(f1 / (2 - f1), size)
    return Interval(
        value=f1, low=2 * jaccard.low / (1 + jaccard.low), high=2 * jaccard.high / (1 + jaccard.high)
    )


def mean_of(metrics: Sequence[Interval], samples: NDArray[np.float64], *, unseen: float) -> Interval:
    """Return an interval of the mean of several metrics: at each end the wider of two intervals.

    One is the percentile bootstrap of the mean; near a perfect score it is too narrow, and at one it has
    no width. The other combines the metrics' own intervals (MOVER: Zou and Donner 2008, Statistics in
    Medicine 27:1693) with the correlations seen in the resamples.

    Args:
        metrics: K metrics with their intervals.
        samples: float64 [B, K], the metrics in each resample.
        unseen: correlation assumed of a metric that is the same in every resample: 0 for metrics of
            different images, else the cautious 1.
    """
    value = float(np.mean([metric.value for metric in metrics]))
    centred = samples - samples.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    varies = length > 1e-9  # noqa: PLR2004 (rounding only)
    unit = centred / np.where(varies, length, 1)
    correlation = np.where(np.outer(varies, varies), unit.T @ unit, unseen)
    np.fill_diagonal(correlation, 1.0)

    def reach(distances: list[float]) -> float:
        each = np.array(distances) / len(metrics)
        return math.sqrt(max(float(each @ correlation @ each), 0.0))

    resampled = percentile(value, samples.mean(axis=1))
    low = value - reach([metric.value - metric.low for metric in metrics])
    high = value + reach([metric.high - metric.value for metric in metrics])
    return Interval(
        value=value, low=max(min(low, resampled.low), 0.0), high=min(max(high, resampled.high), 1.0)
    )


def independent_difference(minuend: Interval, subtrahend: Interval) -> Interval:
    """Return an interval of the difference of two metrics as if they were independent; within [-1, 1].

    MOVER: Zou and Donner 2008 (Statistics in Medicine 27:1693).
    """
    value = minuend.value - subtrahend.value
    low = value - math.hypot(minuend.value - minuend.low, subtrahend.high - subtrahend.value)
    high = value + math.hypot(minuend.high - minuend.value, subtrahend.value - subtrahend.low)
    return Interval(value=value, low=max(low, -1.0), high=min(high, 1.0))


def percentile(value: float, samples: NDArray[np.float64]) -> Interval:
    """Return the percentile bootstrap interval of a metric, widened where needed to include its value.

    Args:
        value: metric of the whole set.
        samples: float64 [B], the metric in each resample.
    """
    low, high = np.percentile(samples, [2.5, 97.5])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def resampled_weights(
    true_class: NDArray[np.int64], groups: ArrayLike, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield bootstrap resamples as weights: how often each image occurs, float64 [b, N].

    ``RESAMPLES`` rows in all. Groups are drawn with replacement within each class, as many as the class has,
    so no class is ever absent. A group that holds two classes counts as a group in each.

    Args:
        true_class: int [N].
        groups: group labels [N].
        rng: random generator; its state advances.
    """
    groups = np.unique(np.asarray(groups), return_inverse=True)[1]
    members = []
    for class_index in np.unique(true_class):
        images = np.flatnonzero(true_class == class_index)
        members.append((images, np.unique(groups[images], return_inverse=True)[1]))
    rows = max(1, min(RESAMPLES, MOST_WEIGHTS // len(true_class)))
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        weights = np.empty((size, len(true_class)))
        for images, group in members:
            count = int(group.max()) + 1
            drawn = rng.integers(count, size=(size, count)) + np.arange(size)[:, np.newaxis] * count
            times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
            weights[:, images] = times[:, group]
        yield weights
