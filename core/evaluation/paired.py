"""Differences between two models on the same images, with paired confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import independent_difference, percentile, resampled_weights
from core.evaluation.metrics import evaluate, weighted_metrics
from core.evaluation.predictions import LabelledPredictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from core.evaluation.results import Interval

INTERVAL = (
    "95 %. Of a difference: percentile bootstrap of the paired difference; both runs are measured on the "
    "same 1,000 resamples of groups within class. It covers the choice of images only: each run was trained "
    "once, so neither another training seed nor another hospital is in it. Where no resample differs, the "
    "two metrics' own intervals are combined as if they were independent."
)


class ResampledMetric(NamedTuple):
    """A metric with its own interval, and its value in each resample, float64 [B]."""

    interval: Interval
    samples: NDArray[np.float64]


def measure(
    table: pd.DataFrame, *, class_names: Sequence[str], positive_class: str | None, seed: int
) -> dict[str, ResampledMetric]:
    """Compute the metrics of pooled predictions by name: shares, 0-1, and the log loss in nats.

    Args:
        table: columns ``true_class``, ``group``, and a probability per class; every class has images.
        class_names: the C classes.
        positive_class: class whose sensitivity is measured too, or None.
        seed: random seed of the resampling. The same seed draws the same groups for every table of the same
            images in the same order, so that their differences are paired.
    """
    predictions = LabelledPredictions.from_table(table, class_names)
    pooled = evaluate(
        *predictions,
        class_names=class_names,
        positive_class=positive_class,
        threshold=None,
        seed=seed,
    )
    weights = resampled_weights(predictions.truth, predictions.groups, np.random.default_rng(seed))
    drawn = [weighted_metrics(predictions.truth, predictions.probabilities, rows) for rows in weights]
    found = {
        "accuracy": (pooled.accuracy, [one.accuracy for one in drawn]),
        "balanced_accuracy": (pooled.balanced_accuracy, [one.sensitivity.mean(axis=1) for one in drawn]),
        "macro_f1": (pooled.macro_f1, [one.f1.mean(axis=1) for one in drawn]),
        "auc": (pooled.auc, [one.auc.mean(axis=1) for one in drawn]),
        "log_loss": (pooled.log_loss, [one.log_loss for one in drawn]),
    }
    if positive_class is not None:
        column = list(class_names).index(positive_class)
        sensitivity = pooled.per_class[positive_class].sensitivity
        found["sensitivity"] = (sensitivity, [one.sensitivity[:, column] for one in drawn])
    return {
        name: ResampledMetric(interval, np.concatenate(samples))
        for name, (interval, samples) in found.items()
        if interval is not None
    }


def intervals(measured: dict[str, ResampledMetric]) -> dict[str, Interval]:
    """Return the metrics with their own intervals."""
    return {name: metric.interval for name, metric in measured.items()}


def differences(
    minuend: dict[str, ResampledMetric], subtrahend: dict[str, ResampledMetric]
) -> dict[str, Interval]:
    """Return the metrics of one model minus those of another, with paired intervals."""
    return {name: _difference(minuend[name], metric) for name, metric in subtrahend.items()}


def _difference(minuend: ResampledMetric, subtrahend: ResampledMetric) -> Interval:
    value = minuend.interval.value - subtrahend.interval.value
    resampled = percentile(value, minuend.samples - subtrahend.samples)
    if resampled.high - resampled.low < 1e-9:  # noqa: PLR2004 (rounding only)
        return independent_difference(minuend.interval, subtrahend.interval)
    return resampled
