"""Log loss and Brier score image by image, and 95 % confidence intervals of their means over groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import MOST_WEIGHTS, RESAMPLES
from core.evaluation.results import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

# As scikit-learn's log_loss: a probability of 0 costs 36, not infinity.
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
# The group that a sample may lack, in groups. Chosen by simulation between 1/2, which holds the true loss too
# rarely where its tail is heavy, and 1, which makes proportions exact (Clopper and Pearson) but too wide.
_UNSEEN_GROUPS = 0.75
# Two groups have one difference to judge their spread by.
_LEAST_GROUPS = 3


class Losses(NamedTuple):
    """A loss of each image, and what it would be if the image were of another class.

    Attributes:
        of_truth: float64 [N].
        of_others: mean over the classes that are not the true one, float64 [N].
    """

    of_truth: NDArray[np.float64]
    of_others: NDArray[np.float64]


def log_losses(true_class: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Losses:
    """Return the log loss of N images in nats, from 0 to 36.04.

    Args:
        true_class: int [N].
        probabilities: float64 [N, C], C at least 2, each row summing to 1.
    """
    losses = -np.log(np.clip(probabilities, LEAST_PROBABILITY, 1))
    of_truth = losses[np.arange(len(losses)), true_class]
    return Losses(of_truth, (losses.sum(axis=1) - of_truth) / (losses.shape[1] - 1))


def brier_losses(true_class: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Losses:
    """Return the Brier score of N images, the sum over classes, 0-2 (Brier 1950).

    Args:
        true_class: int [N].
        probabilities: float64 [N, C], C at least 2, each row summing to 1.
    """
    of_truth = probabilities[np.arange(len(probabilities)), true_class]
    squares = (probabilities**2).sum(axis=1) + 1
    others = (probabilities.sum(axis=1) - of_truth) / (probabilities.shape[1] - 1)
    # Rounding may leave a value slightly below 0.
    return Losses(np.maximum(squares - 2 * of_truth, 0), np.maximum(squares - 2 * others, 0))


def unseen_loss(
    of_truth: NDArray[np.float64],
    of_others: NDArray[np.float64],
    misclassified: NDArray[np.bool_],
    groups: ArrayLike,
) -> NDArray[np.float64]:
    """Return the loss that a group may have which the sample lacks, float64 [K].

    Near a perfect score a sample has few errors or none, and does not show what one costs. The probabilities
    do: the loss that these images would have if they were of other classes. It counts as one group, and the
    largest loss seen once for each misclassified group: the more errors, the less it is needed.

    Args:
        of_truth: K losses of each image, float64 [N, K].
        of_others: the same of the other classes, float64 [N, K].
        misclassified: bool [N, K].
        groups: group labels [N].
    """
    label = np.unique(np.asarray(groups), return_inverse=True)[1]
    sizes = np.bincount(label)[:, np.newaxis]
    largest = (_sums(of_truth, label) / sizes).max(axis=0)
    errors = (_sums(misclassified.astype(float), label) > 0).sum(axis=0)
    unseen: NDArray[np.float64] = (of_others.mean(axis=0) + errors * largest) / (1 + errors)
    return unseen


def intervals_of_means(
    values: NDArray[np.float64],
    strata: ArrayLike,
    groups: ArrayLike,
    *,
    unseen: tuple[ArrayLike | None, ArrayLike],
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> list[Interval]:
    """Return the intervals of K means over N images; never of zero width where a loss can be larger.

    Bayesian bootstrap over groups (Rubin 1981, Annals of Statistics 9:130), the weight of each class kept,
    with the percentiles of 1,000 draws. At each end one more group takes part, with a value that the sample
    may lack, as in the bounds of Gaffke (Learned-Miller and Thomas 2019, arXiv 1905.06208), which for a
    proportion are Clopper and Pearson's. Weights are drawn from Gamma((n - 2) / n), n being the groups of the
    class, with which the variance of a mean is unbiased.

    Args:
        values: K values of each image, float64 [N, K].
        strata: class labels [N].
        groups: group labels [N]; images of one group are not independent. A group that holds two classes
            counts as a group in each.
        unseen: value [K] of the additional group at the lower and at the upper end; None at the lower end for
            no such group, unless all groups are equal: then for the least possible value.
        limits: least and largest possible value. They are the interval where no class has three groups.
        rng: random generator; its state advances.
    """
    means = values.mean(axis=0)
    numbered = np.stack([np.unique(each, return_inverse=True)[1] for each in (strata, groups)])
    pairs, label = np.unique(numbered, axis=1, return_inverse=True)
    label = label.ravel()  # NumPy 2.0 returns another shape
    sizes = np.bincount(label).astype(float)
    if np.bincount(pairs[0]).max() < _LEAST_GROUPS:
        return [Interval(value=float(mean), low=limits[0], high=limits[1]) for mean in means]
    group_means = _sums(values, label) / sizes[:, np.newaxis]
    lowest, highest = unseen
    if lowest is None:
        lowest = np.where(np.ptp(group_means, axis=0) > 0, np.nan, limits[0])
    additional_size = float((sizes**2).sum() / sizes.sum())
    ends: tuple[list[NDArray[np.float64]], ...] = ([], [])
    for weights in _drawn_weights(_merged(pairs[0]), sizes, rng):
        additional = rng.gamma(_UNSEEN_GROUPS, size=(len(weights), 1)) * additional_size
        sums, total = weights @ group_means, weights.sum(axis=1, keepdims=True)
        for end, value in zip(ends, (lowest, highest), strict=True):
            extended = (sums + additional * np.asarray(value, float)) / (total + additional)
            end.append(np.where(np.isnan(value), sums / total, extended))
    # Rounding must not leave the limits, nor separate an end from an equal mean.
    low = np.maximum(np.percentile(np.concatenate(ends[0]), 2.5, axis=0), limits[0])
    high = np.minimum(np.percentile(np.concatenate(ends[1]), 97.5, axis=0), limits[1])
    low, high = np.minimum(low, means), np.maximum(high, means)
    return [
        Interval(value=float(mean), low=float(start), high=float(end))
        for mean, start, end in zip(means, low, high, strict=True)
    ]


def _merged(strata: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the stratum of each group; those with too few groups to judge their spread join the largest."""
    counts = np.bincount(strata)
    return np.where(counts[strata] < _LEAST_GROUPS, counts.argmax(), strata)


def _drawn_weights(
    strata: NDArray[np.int64], sizes: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield the weight of each group in images, float64 [b, G]; every stratum keeps its number of images."""
    rows = max(1, min(RESAMPLES, MOST_WEIGHTS // len(sizes)))
    for start in range(0, RESAMPLES, rows):
        weights = np.empty((min(rows, RESAMPLES - start), len(sizes)))
        for stratum in np.unique(strata):
            members = strata == stratum
            count = int(members.sum())
            drawn = rng.gamma((count - 2) / count, size=(len(weights), count)) * sizes[members]
            weights[:, members] = drawn * (sizes[members].sum() / drawn.sum(axis=1, keepdims=True))
        yield weights


def _sums(values: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum of the rows of each label, float64 [G, K]."""
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    sums: NDArray[np.float64] = np.add.reduceat(values[order], starts, axis=0)
    return sums
