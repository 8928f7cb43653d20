"""The figures of one class that is looked for, such as malignant: against the rest and against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.evaluation.intervals import (
    as_json,
    effective_size,
    percentile,
    resampled_weights,
    wilson,
    wilson_of_auc,
    wilson_of_hits,
)
from core.evaluation.ranking import SPECIFICITY, roc_areas, sensitivities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

EVEN_CHANCE = 0.5


def measure(
    true_class: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    seed: int,
) -> dict[str, Any] | None:
    """Measure predictions as those of a test for one class, each figure with its 95 % interval.

    ``against_rest`` asks positive or not, of all images: BreastMNIST's two-class task, if the class is
    malignant. ``against`` takes the images of the positive class and of one other class alone, with the
    score p / (p + p_other).

    ``at_specificity`` is the point of the ROC curve against the rest with the largest sensitivity whose
    specificity is at least 0.90. Its threshold is read from the very images that it is measured on, so it
    is **optimistic**; beside it stands ``operating_point`` of ``evaluation.metrics``, whose threshold was
    chosen on validation images, as it falls. The interval of the sensitivity is at each end the wider of
    two: the percentile bootstrap, which reads the threshold anew from each of 1,000 resamples of groups
    within class, and Wilson's at the threshold found, which keeps a width where no resample varies. With few
    negative images it is somewhat narrow below, where the true value then lies too often. Simulated with
    normal scores, it held the true sensitivity in 96 % of samples of 40 positive and 120 negative images,
    in 94 % of 120 and 40, and in 91 % of 120 and 20.

    Args:
        true_class: int [N], indices into ``class_names``.
        probabilities: float [N, C], each row summing to 1.
        groups: labels [N] of images that are not independent (copies, one patient).
        class_names: the C classes.
        positive_class: one of them, or None.
        seed: of the resampling.

    Returns:
        Numbers and dictionaries; None where there is no positive class. Inside it, None stands for a figure
        that has no image on one of its sides, and for the threshold where the most probable image of all
        already costs too much specificity.
    """
    if positive_class is None:
        return None
    truth, chances = np.asarray(true_class, np.int64), np.asarray(probabilities, np.float64)
    labels = np.unique(np.asarray(groups), return_inverse=True)[1]
    index = list(class_names).index(positive_class)
    is_positive, scores = truth == index, chances[:, index]
    against: dict[str, Any] = {}
    for other, name in enumerate(class_names):
        if other != index:
            both = is_positive | (truth == other)
            pair = chances[both][:, [index, other]]
            total = pair.sum(axis=1)
            # Where neither has any probability, neither is preferred.
            score = np.divide(pair[:, 0], total, out=np.full(len(pair), EVEN_CHANCE), where=total > 0)
            against[name] = {
                "pictures": int(both.sum()),
                "auc": _auc(is_positive[both], score, labels[both]),
            }
    return {
        "positive_class": positive_class,
        "pictures": int(is_positive.sum()),
        "against_rest": {
            "accuracy": as_json(wilson_of_hits((scores >= EVEN_CHANCE) == is_positive, labels)),
            "auc": _auc(is_positive, scores, labels),
        },
        "against": against,
        "at_specificity": _at_specificity(truth, is_positive, scores, labels, np.random.default_rng(seed)),
    }


def _at_specificity(
    truth: NDArray[np.int64],
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    if is_positive.all() or not is_positive.any():
        return None
    (value,), (threshold,) = sensitivities(is_positive, scores, np.ones((1, len(scores))))
    resamples = resampled_weights(truth, labels, rng)
    drawn = [sensitivities(is_positive, scores, weights)[0] for weights in resamples]
    resampled = percentile(float(value), np.concatenate(drawn))
    fixed = wilson(float(value), effective_size(labels[is_positive]))
    return {
        "wanted_specificity": SPECIFICITY,
        "threshold": float(threshold) if np.isfinite(threshold) else None,
        "specificity": float((scores < threshold)[~is_positive].mean()),
        "sensitivity": {
            "value": float(value),
            "low": min(resampled.low, fixed.low),
            "high": max(resampled.high, fixed.high),
        },
    }


def _auc(
    is_positive: NDArray[np.bool_], scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> dict[str, float] | None:
    if is_positive.all() or not is_positive.any():
        return None
    (area,) = roc_areas(is_positive, scores, np.ones((1, len(scores))))
    sizes = effective_size(labels[is_positive]), effective_size(labels[~is_positive])
    return as_json(wilson_of_auc(float(area), *sizes))
