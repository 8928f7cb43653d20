"""Scores of one class at every threshold: ROC and precision-recall curves, and what one threshold gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.evaluation.intervals import (
    Interval,
    effective_size,
    wilson,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def roc_areas(
    is_class: NDArray[np.bool_], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the area under the ROC curve under B weightings of the images: Mann-Whitney, ties one half.

    Args:
        is_class: bool [N].
        scores: float64 [N].
        weights: how often each image counts, float64 [B, N]; more than 0 in all for either.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    ordered, of_class = weights[:, order], is_class[order]
    positive = np.add.reduceat(ordered * of_class, starts, axis=1)
    negative = np.add.reduceat(ordered * ~of_class, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs: NDArray[np.float64] = positive.sum(axis=1) * negative.sum(axis=1)
    return (positive * below).sum(axis=1) / pairs


def tradeoff(is_positive: ArrayLike, scores: ArrayLike, groups: ArrayLike) -> pd.DataFrame:
    """Return sensitivity and specificity by threshold, with 95 % intervals.

    Args:
        is_positive: bool [N], with at least one of either.
        scores: probability of the positive class, 0-1, [N]; an image is called positive from the threshold
            on.
        groups: labels [N]; the intervals are Wilson's at the effective number of groups, for each threshold
            by itself.

    Returns:
        One row for each threshold at which something changes, rising from 0 to 1: ``threshold``,
        ``sensitivity``, ``specificity``, each of the two also with ``_low`` and ``_high``. What stands in a
        row holds from the threshold before (exclusive) to its own.
    """
    positive, chances, labels = np.asarray(is_positive, bool), np.asarray(scores), np.asarray(groups)
    thresholds = np.unique(np.concatenate([chances, [0.0, 1.0]]))
    found, spared = (
        np.searchsorted(np.sort(chances[among]), thresholds, side="left") for among in (positive, ~positive)
    )
    table = pd.DataFrame({"threshold": thresholds})
    for name, among, shares in (
        ("sensitivity", positive, 1 - found / positive.sum()),
        ("specificity", ~positive, spared / (~positive).sum()),
    ):
        size = effective_size(labels[among])
        intervals = [wilson(float(share), size) for share in shares]
        table[[name, f"{name}_low", f"{name}_high"]] = pd.DataFrame(intervals, columns=Interval._fields)
    return table


def roc(is_class: ArrayLike, scores: ArrayLike) -> pd.DataFrame:
    """Return the ROC curve of one class against the rest.

    Args:
        is_class: bool [N], with at least one of either.
        scores: float [N].

    Returns:
        ``threshold``, ``false_positive_rate`` and ``true_positive_rate``, from (0, 0), whose threshold is
        infinite, to (1, 1); images of one score make one straight piece. The area under the straight
        pieces is the Mann-Whitney statistic, ties counted as one half (Fawcett 2006, Pattern Recognition
        Letters 27:861).
    """
    thresholds, hits, false_alarms = _falling(is_class, scores)
    return pd.DataFrame(
        {
            "threshold": np.concatenate([[np.inf], thresholds]),
            "false_positive_rate": np.concatenate([[0], false_alarms / false_alarms[-1]]),
            "true_positive_rate": np.concatenate([[0], hits / hits[-1]]),
        }
    )


def precision_recall(is_class: ArrayLike, scores: ArrayLike) -> pd.DataFrame:
    """Return the precision-recall curve of one class against the rest.

    Args:
        is_class: bool [N], with at least one image of the class.
        scores: float [N].

    Returns:
        ``threshold``, ``recall`` and ``precision``, recall rising to 1. Between two rows nothing is
        attained: precision does not go in a straight line there (Davis and Goadrich 2006, ICML).
    """
    thresholds, hits, false_alarms = _falling(is_class, scores)
    return pd.DataFrame(
        {"threshold": thresholds, "recall": hits / hits[-1], "precision": hits / (hits + false_alarms)}
    )


def average_precision(curve: pd.DataFrame) -> float:
    """Return the area under the steps of ``precision_recall``: Σ (Rₙ - Rₙ₋₁) Pₙ, 0-1."""
    return float((np.diff(curve["recall"], prepend=0) * curve["precision"]).sum())


def _falling(
    is_class: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct scores, falling, and how many of the class and of the rest reach each."""
    positive, chances = np.asarray(is_class, bool), np.asarray(scores, np.float64)
    order = np.argsort(-chances, kind="stable")
    last = np.flatnonzero(np.diff(chances[order], append=-np.inf))
    hits = np.cumsum(positive[order])[last]
    return chances[order][last], hits, last + 1 - hits


SPECIFICITY = 0.9


def sensitivities(
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    weights: NDArray[np.float64],
    specificity: float = SPECIFICITY,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read the largest sensitivity at no less than a specificity from ROC curves.

    Args:
        is_positive: bool [N].
        scores: float64 [N]; an image is called positive from a threshold on.
        weights: how often each image counts, float64 [B, N]; more than 0 in all for either.
        specificity: 0-1.

    Returns:
        The sensitivities [B], and the smallest thresholds that give them [B]; infinite where no score is
        one.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    # A threshold parts distinct scores only.
    last = np.flatnonzero(np.diff(falling, append=-np.inf))
    positive = np.cumsum(weights[:, order] * is_positive[order], axis=1)
    alarms = np.cumsum(weights[:, order] * ~is_positive[order], axis=1)
    # Weights are whole numbers; the margin is for rounding in 1 - specificity.
    allowed = alarms[:, last] <= (1 - specificity) * alarms[:, -1:] + 1e-9
    count = allowed.sum(axis=1)
    reached = np.concatenate([np.zeros((len(weights), 1)), positive[:, last]], axis=1)
    thresholds = np.concatenate([[np.inf], falling[last]])
    return reached[np.arange(len(weights)), count] / positive[:, -1], thresholds[count]
