"""95 % intervals that count groups of images, not images, and that stay honest at a perfect score."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1_000
Z = NormalDist().inv_cdf(0.975)
# Weights held at once: 32 MB, whatever the number of images.
_MOST_WEIGHTS = 4_000_000


class Interval(NamedTuple):
    """A figure and the ends of its 95 % interval, low ≤ value ≤ high."""

    value: float
    low: float
    high: float


def as_json(interval: Interval | None) -> dict[str, float] | None:
    """Return an interval as JSON has it; None where a figure does not apply."""
    return None if interval is None else interval._asdict()


def effective_size(groups: ArrayLike) -> float:
    """Return how many independent images a set is worth, its group labels [N] given.

    A group counts as one image however many copies it holds: Kish's (Σm)² / Σm² over the group sizes m
    (Kish 1965, *Survey Sampling*, with full correlation inside a group). For groups of one size it is the
    number of groups; one large group among small ones makes it less.
    """
    sizes = np.unique(np.asarray(groups), return_counts=True)[1].astype(float)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def wilson(share: float, size: float) -> Interval:
    """Return the score interval of a proportion (Wilson 1927, JASA 22:209); never of zero width.

    Args:
        share: hits over images, 0-1.
        size: images, or the effective size of a set of groups (Korn and Graubard 1998), above 0.
    """
    centre = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * math.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    # At 0 and 1 the exact end is the share itself; rounding must not part them.
    return Interval(share, max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0))


def wilson_of_hits(hits: NDArray[np.bool_], groups: ArrayLike) -> Interval | None:
    """Return the share of hits [N] with Wilson's interval at the effective size of the groups [N].

    None where there is no image: nothing was measured.
    """
    return wilson(float(hits.mean()), effective_size(groups)) if len(hits) else None


def wilson_of_mean(value: float, worst: float, size: float) -> Interval:
    """Return a cautious interval of a mean over [0, worst]: Wilson's, as if each image gave 0 or worst.

    No distribution with this mean has a larger variance (Bhatia and Davis 2000, Am. Math. Mon. 107:353).
    """
    share = wilson(min(value / worst, 1.0), size)
    return Interval(value, share.low * worst, max(share.high * worst, value))


def wilson_of_auc(auc: float, positives: float, negatives: float) -> Interval:
    """Return the score interval of an area under the ROC curve; never of zero width.

    Method 5 of Newcombe 2006 (Statistics in Medicine 25:559): the θ with (auc - θ)² ≤ z² V(θ), V being
    Hanley and McNeil's variance with both numbers of images replaced by their mean.

    Args:
        auc: 0-1.
        positives: effective size of the class.
        negatives: effective size of the rest.
    """
    others = (positives + negatives) / 2 - 1

    def excess(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + others * spread) / (positives * negatives)
        return abs(auc - theta) - Z * math.sqrt(max(variance, 0.0))

    return Interval(auc, _border(excess, outside=0.0, inside=auc), _border(excess, outside=1.0, inside=auc))


def _border(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    # Bisection; at an end of [0, 1] the variance is zero too, so the inner point itself is not looked at.
    for _ in range(50):
        middle = (outside + inside) / 2
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return inside


def wilson_of_f1(f1: float, size: float) -> Interval:
    """Return an interval of one class's F1; never of zero width.

    F1 = 2J / (1 + J), where J = TP / (TP + FP + FN) is a proportion (Hand, Christen and Kirielle 2021,
    Machine Learning 110:451): Wilson's interval of J, carried over.

    Args:
        f1: 0-1.
        size: effective size of the images that are of the class or were given it.
    """
    jaccard = wilson(f1 / (2 - f1), size)
    return Interval(f1, 2 * jaccard.low / (1 + jaccard.low), 2 * jaccard.high / (1 + jaccard.high))


def mean_of(parts: Sequence[Interval], samples: NDArray[np.float64], *, unseen: float) -> Interval:
    """Return an interval of the mean of figures, at each end the wider of two.

    One is the percentile bootstrap of the mean; near a perfect score it is too narrow, and at one it has
    no width. The other puts the figures' own intervals together (MOVER: Zou and Donner 2008, Statistics in
    Medicine 27:1693) with the correlations seen in the resamples.

    Args:
        parts: the K figures with their intervals.
        samples: float64 [B, K], the figures in each resample.
        unseen: correlation where a figure never varies: 0 for figures of different images, else the
            cautious 1.
    """
    value = float(np.mean([part.value for part in parts]))
    centred = samples - samples.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    varies = length > 1e-9  # noqa: PLR2004 (rounding only)
    unit = centred / np.where(varies, length, 1)
    correlation = np.where(np.outer(varies, varies), unit.T @ unit, unseen)
    np.fill_diagonal(correlation, 1.0)

    def reach(distances: list[float]) -> float:
        each = np.array(distances) / len(parts)
        return math.sqrt(max(float(each @ correlation @ each), 0.0))

    resampled = percentile(value, samples.mean(axis=1))
    low = value - reach([part.value - part.low for part in parts])
    high = value + reach([part.high - part.value for part in parts])
    return Interval(value, max(min(low, resampled.low), 0.0), min(max(high, resampled.high), 1.0))


def independent_difference(minuend: Interval, subtrahend: Interval) -> Interval:
    """Return an interval of the difference of two figures as if they were independent; within [-1, 1].

    MOVER: Zou and Donner 2008 (Statistics in Medicine 27:1693).
    """
    value = minuend.value - subtrahend.value
    low = value - math.hypot(minuend.value - minuend.low, subtrahend.high - subtrahend.value)
    high = value + math.hypot(minuend.high - minuend.value, subtrahend.value - subtrahend.low)
    return Interval(value, max(low, -1.0), min(high, 1.0))


def percentile(value: float, samples: NDArray[np.float64]) -> Interval:
    """Return the percentile bootstrap interval of a figure, its resamples [B] given; it holds the value."""
    low, high = np.percentile(samples, [2.5, 97.5])
    return Interval(value, min(float(low), value), max(float(high), value))


def resampled_weights(
    true_class: NDArray[np.int64], groups: ArrayLike, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield how often each image occurs in each resample, float64 [b, N], ``RESAMPLES`` rows in all.

    Groups are drawn with replacement within each class, as many as the class has; so no class is ever
    absent. A group that holds two classes counts as a group in each.

    Args:
        true_class: int [N].
        groups: labels [N].
        rng: source of randomness; moves on.
    """
    groups = np.unique(np.asarray(groups), return_inverse=True)[1]
    members = []
    for class_index in np.unique(true_class):
        images = np.flatnonzero(true_class == class_index)
        members.append((images, np.unique(groups[images], return_inverse=True)[1]))
    rows = max(1, min(RESAMPLES, _MOST_WEIGHTS // len(true_class)))
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        weights = np.empty((size, len(true_class)))
        for images, group in members:
            count = int(group.max()) + 1
            drawn = rng.integers(count, size=(size, count)) + np.arange(size)[:, np.newaxis] * count
            times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
            weights[:, images] = times[:, group]
        yield weights
