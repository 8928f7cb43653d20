"""Metrics of one set of images, with 95 % intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.errors import UserError
from core.evaluation.calibration import calibration_error, perfect_calibration_errors
from core.evaluation.confusion import count, decide
from core.evaluation.intervals import (
    Interval,
    as_json,
    effective_size,
    mean_of,
    percentile,
    resampled_weights,
    wilson_of_auc,
    wilson_of_f1,
    wilson_of_hits,
    wilson_of_mean,
)
from core.evaluation.ranking import roc_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

# As scikit-learn's log_loss: a probability of 0 costs 36, not infinity.
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
# Both parts of the Brier score: all on a wrong class, nothing on the true one.
WORST_BRIER_SCORE = 2.0


class WeightedFigures(NamedTuple):
    """Figures under B weightings of the images; a column for each class that is present.

    Attributes:
        accuracy: float64 [B].
        sensitivity: float64 [B, K].
        f1: float64 [B, K].
        auc: float64 [B, K], one versus rest; no columns where there is one class only.
        log_loss: float64 [B].
        brier_score: float64 [B].
    """

    accuracy: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    f1: NDArray[np.float64]
    auc: NDArray[np.float64]
    log_loss: NDArray[np.float64]
    brier_score: NDArray[np.float64]


def evaluate(
    true_class: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    threshold: float | None,
    seed: int,
) -> dict[str, Any]:
    """Measure predictions, each figure with its 95 % interval.

    Proportions have Wilson's interval at the effective number of groups. The others come from 1,000
    resamples of groups within class; ``core.evaluation.intervals`` says what is done near a perfect score.
    Balanced accuracy, macro F1 and AUC (one versus rest) are means over the classes that are **present**:
    a class without images has neither sensitivity nor AUC, and what is wrongly given to it counts
    against the true class.

    Args:
        true_class: int [N], indices into ``class_names``.
        probabilities: float [N, C], each row summing to 1. The most probable class is the predicted one.
        groups: labels [N] of images that are not independent (copies, one patient).
        class_names: the C classes.
        positive_class: the class of the operating point, or None.
        threshold: an image is called positive from this probability on, 0-1, or None.
        seed: of the resampling.

    Returns:
        What ``results.Metrics`` validates: numbers, lists, dictionaries, and None for a figure that
        does not apply. The log loss is in nats; the Brier score is Brier's own sum over classes, 0-2
        (Brier 1950). Rows of ``confusion_matrix`` are true classes, columns predicted ones.

    Raises:
        UserError: there is no image.
    """
    truth, chances = np.asarray(true_class, np.int64), np.asarray(probabilities, np.float64)
    labels = np.unique(np.asarray(groups), return_inverse=True)[1]
    if not len(truth):
        raise UserError("There is no image to evaluate; give data with at least one that was not left out.")
    predicted = decide(chances)
    rng = np.random.default_rng(seed)
    figures = weighted_figures(truth, chances, np.ones((1, len(truth))))
    parts = [weighted_figures(truth, chances, weights) for weights in resampled_weights(truth, labels, rng)]
    samples = WeightedFigures(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        return wilson_of_hits(hits[among], labels[among])

    def mean(each: list[Interval], drawn: NDArray[np.float64], unseen: float) -> dict[str, float] | None:
        return as_json(mean_of(each, drawn, unseen=unseen)) if each else None

    def average(value: float, drawn: NDArray[np.float64], worst: float) -> dict[str, float] | None:
        interval = percentile(value, drawn)
        # Resamples that never vary say nothing: a perfect score, or one group in each class.
        if interval.high - interval.low < 1e-9:  # noqa: PLR2004 (rounding only)
            interval = wilson_of_mean(value, worst, effective_size(labels))
        return as_json(interval)

    everything = np.ones(len(truth), bool)
    sensitivities: list[Interval] = []
    f1s: list[Interval] = []
    aucs: list[Interval] = []
    per_class: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(class_names):
        is_class, called = truth == index, predicted == index
        sensitivity = share(called, is_class)
        f1 = auc = None
        if sensitivity is not None:
            column = len(sensitivities)
            sensitivities.append(sensitivity)
            f1 = wilson_of_f1(float(figures.f1[0, column]), effective_size(labels[is_class | called]))
            f1s.append(f1)
            if figures.auc.shape[1]:
                sizes = effective_size(labels[is_class]), effective_size(labels[~is_class])
                auc = wilson_of_auc(float(figures.auc[0, column]), *sizes)
                aucs.append(auc)
        per_class[name] = {
            "support": int(is_class.sum()),
            "sensitivity": as_json(sensitivity),
            "specificity": as_json(share(~called, ~is_class)),
            "precision": as_json(share(is_class, called)),
            "f1": as_json(f1),
            "auc": as_json(auc),
        }
    operating_point = None
    if positive_class is not None and threshold is not None:
        index = list(class_names).index(positive_class)
        is_class, called = truth == index, chances[:, index] >= threshold
        operating_point = {
            "threshold": float(threshold),
            "sensitivity": as_json(share(called, is_class)),
            "specificity": as_json(share(~called, ~is_class)),
        }
    perfect = perfect_calibration_errors(chances, labels, rng)
    return {
        "pictures": len(truth),
        "groups": int(labels.max()) + 1,
        "accuracy": as_json(share(predicted == truth, everything)),
        "balanced_accuracy": mean(sensitivities, samples.sensitivity, unseen=0),
        "macro_f1": mean(f1s, samples.f1, unseen=1),
        "auc": mean(aucs, samples.auc, unseen=1),
        "log_loss": average(float(figures.log_loss[0]), samples.log_loss, -float(np.log(LEAST_PROBABILITY))),
        "brier_score": average(float(figures.brier_score[0]), samples.brier_score, WORST_BRIER_SCORE),
        "expected_calibration_error": {
            "value": calibration_error(truth, chances),
            "perfect_mean": float(perfect.mean()),
            "perfect_90th_percentile": float(np.percentile(perfect, 90)),
        },
        "per_class": per_class,
        "operating_point": operating_point,
        "confusion_matrix": count(truth, predicted, len(class_names)).tolist(),
    }


def weighted_figures(
    truth: NDArray[np.int64], chances: NDArray[np.float64], weights: NDArray[np.float64]
) -> WeightedFigures:
    """Measure predictions under weightings of the images, such as ``resampled_weights`` yields.

    Args:
        truth: int [N], indices of the true classes.
        chances: probabilities, float64 [N, C].
        weights: how often each image counts, float64 [B, N].
    """
    present = np.unique(truth)
    is_class = truth[:, np.newaxis] == present
    called = chances.argmax(axis=1)[:, np.newaxis] == present
    images, hits, calls = (weights @ mask.astype(float) for mask in (is_class, is_class & called, called))
    total = weights.sum(axis=1)
    of_truth = np.clip(chances[np.arange(len(truth)), truth], LEAST_PROBABILITY, 1)
    squares = (chances**2).sum(axis=1) - 2 * chances[np.arange(len(truth)), truth] + 1
    compared = present if len(present) > 1 else present[:0]
    areas = [roc_areas(truth == index, chances[:, index], weights) for index in compared]
    return WeightedFigures(
        accuracy=hits.sum(axis=1) / total,
        sensitivity=hits / images,
        f1=2 * hits / (images + calls),
        auc=np.stack(areas, axis=1) if areas else np.empty((len(weights), 0)),
        log_loss=weights @ -np.log(of_truth) / total,
        # Rounding may leave less than nothing.
        brier_score=weights @ np.maximum(squares, 0) / total,
    )
