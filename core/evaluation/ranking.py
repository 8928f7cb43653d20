"""Sensitivity and specificity of one class at every threshold: ROC and precision-recall curves, areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.evaluation.intervals import effective_size, proportion_bounds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SPECIFICITY = 0.9


class Counts(NamedTuple):
    """Images predicted as the class at each of T thresholds, under B weightings of the images.

    Attributes:
        thresholds: float64 [T], falling: infinity, then each distinct score. An image is predicted as the
            class where its score is at least the threshold.
        true_positives: float64 [B, T], weight of these images that are of the class.
        false_positives: float64 [B, T], weight of these images that are not.
    """

    thresholds: NDArray[np.float64]
    true_positives: NDArray[np.float64]
    false_positives: NDArray[np.float64]


def counts(is_class: ArrayLike, scores: ArrayLike, weights: NDArray[np.float64] | None = None) -> Counts:
    """Count true and false positives at every threshold.

    Args:
        is_class: bool [N].
        scores: float [N].
        weights: how often each image counts, float64 [B, N]; None for once each, with B = 1.
    """
    of_class, values = np.asarray(is_class, bool), np.asarray(scores, np.float64)
    order = np.argsort(-values, kind="stable")
    falling, of_class = values[order], of_class[order]
    ordered = np.ones((1, len(values))) if weights is None else weights[:, order]
    # A threshold separates distinct scores only.
    last = np.flatnonzero(np.diff(falling, append=-np.inf))
    places = np.concatenate([[0], last + 1])

    def cumulative(among: NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.zeros((len(ordered), len(falling) + 1))
        np.cumsum(ordered * among, axis=1, out=sums[:, 1:])
        return sums[:, places]

    thresholds = np.concatenate([[np.inf], falling[last]])
    return Counts(thresholds, cumulative(of_class), cumulative(~of_class))


def roc_areas(
    is_class: NDArray[np.bool_],
    scores: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the area under the ROC curve under B weightings, float64 [B]: Mann-Whitney, ties one half.

    Args:
        is_class: bool [N].
        scores: float64 [N].
        weights: how often each image counts, float64 [B, N], with a sum above 0 in the class and in the
            rest; None for once each, with B = 1.
    """
    _, hits, alarms = counts(is_class, scores, weights)
    trapezoids = (alarms[:, 1:] - alarms[:, :-1]) * (hits[:, 1:] + hits[:, :-1])
    area: NDArray[np.float64] = trapezoids.sum(axis=1) / (2 * hits[:, -1] * alarms[:, -1])
    return area


def tradeoff(is_positive: ArrayLike, scores: ArrayLike, groups: ArrayLike) -> pd.DataFrame:
    """Return sensitivity and specificity by threshold, with 95 % confidence intervals.

    Args:
        is_positive: bool [N], with at least one image of the positive class and one other.
        scores: probability of the positive class, 0-1, [N]; an image is predicted as positive where it is at
            least the threshold.
        groups: group labels [N]; the intervals are for the effective number of groups, for each
            threshold by itself.

    Returns:
        One row for each threshold at which something changes, rising from 0 to 1: ``threshold``,
        ``sensitivity``, ``specificity``, each of the two also with ``_low`` and ``_high``. A row holds for
        thresholds above that of the row before, up to and including its own.
    """
    positive, probabilities, labels = np.asarray(is_positive, bool), np.asarray(scores), np.asarray(groups)
    falling, hits, alarms = counts(positive, probabilities)
    thresholds = np.unique(np.concatenate([probabilities, [0.0, 1.0]]))
    # The last of the falling thresholds that is no lower.
    place = np.searchsorted(-falling, -thresholds, side="right") - 1
    table = pd.DataFrame({"threshold": thresholds})
    for name, among, shares in (
        ("sensitivity", positive, hits[0, place] / hits[0, -1]),
        ("specificity", ~positive, 1 - alarms[0, place] / alarms[0, -1]),
    ):
        low, high = proportion_bounds(shares, effective_size(labels[among]))
        table[name], table[f"{name}_low"], table[f"{name}_high"] = shares, low, high
    return table


def roc(is_class: ArrayLike, scores: ArrayLike) -> pd.DataFrame:
    """Return the ROC curve of one class against the rest.

    Args:
        is_class: bool [N], with at least one image of the class and one other.
        scores: float [N].

    Returns:
        ``threshold``, ``false_positive_rate`` and ``true_positive_rate``, from (0, 0), whose threshold is
        infinite, to (1, 1); images of one score make one straight line. The area under these lines is the
        Mann-Whitney statistic, ties counted as one half (Fawcett 2006, Pattern Recognition Letters 27:861).
    """
    thresholds, (hits,), (alarms,) = counts(is_class, scores)
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "false_positive_rate": alarms / alarms[-1],
            "true_positive_rate": hits / hits[-1],
        }
    )


def precision_recall(is_class: ArrayLike, scores: ArrayLike) -> pd.DataFrame:
    """Return the precision-recall curve of one class against the rest.

    Args:
        is_class: bool [N], with at least one image of the class.
        scores: float [N].

    Returns:
        ``threshold``, ``recall`` and ``precision``, recall rising to 1. The curve is made of steps: precision
        must not be interpolated linearly between two rows (Davis and Goadrich 2006, ICML).
    """
    thresholds, (hits,), (alarms,) = counts(is_class, scores)
    return (
        pd.DataFrame(
            {
                "threshold": thresholds,
                "recall": hits / hits[-1],
                "precision": hits / np.maximum(hits + alarms, 1),
            }
        )
        .iloc[1:]
        .reset_index(drop=True)
    )


def average_precision(curve: pd.DataFrame) -> float:
    """Return the area under the steps of ``precision_recall``: Σ (Rₙ - Rₙ₋₁) Pₙ, 0-1."""
    return float((np.diff(curve["recall"], prepend=0) * curve["precision"]).sum())


def sensitivity_at_specificity(
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
    specificity: float = SPECIFICITY,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest sensitivity with at least this specificity, under B weightings.

    Args:
        is_positive: bool [N].
        scores: float64 [N]; an image is predicted as positive where it is at least the threshold.
        weights: how often each image counts, float64 [B, N], with a sum above 0 in the positive class and in
            the rest; None for once each, with B = 1.
        specificity: 0-1.

    Returns:
        Sensitivities, float64 [B], and the lowest thresholds that give them, float64 [B]; infinity where
        no score has enough specificity.
    """
    thresholds, hits, alarms = counts(is_positive, scores, weights)
    # Weights are whole numbers; the margin is for rounding in 1 - specificity.
    allowed = alarms <= (1 - specificity) * alarms[:, -1:] + 1e-9
    last = allowed.sum(axis=1) - 1
    return hits[np.arange(len(hits)), last] / hits[:, -1], thresholds[last]
