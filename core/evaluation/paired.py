"""The difference of two models on the same images, with paired intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import Interval, independent_difference, percentile, resampled_weights
from core.evaluation.metrics import evaluate, weighted_figures
from core.evaluation.predictions import class_indices, probability_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


INTERVAL = (
    "95 %. Of a difference: percentile bootstrap of the paired difference; both runs are measured on the "
    "same 1,000 resamples of groups within class. It counts the images only: both were trained once, so "
    "what another seed of the training would change is not in it, nor is another hospital. Where no "
    "resample differs, the two figures' own intervals are put together as if they were independent."
)


class Subject(NamedTuple):
    """What predictions are of, and the seed of their resampling."""

    class_names: Sequence[str]
    positive_class: str | None
    seed: int


class Figure(NamedTuple):
    """A pooled figure with its own interval, and its value in each resample, float64 [B]."""

    interval: Interval
    samples: NDArray[np.float64]


def measure(subject: Subject, table: pd.DataFrame) -> dict[str, Figure]:
    """Measure pooled predictions by name: shares, 0-1, and the log loss in nats.

    Args:
        subject: the same seed draws the same groups for every table of the same images in the same order,
            so that their differences are paired.
        table: columns ``true_class``, ``group``, and a probability per class.
    """
    names, positive, seed = subject
    truth = class_indices(table["true_class"], names)
    chances, groups = probability_matrix(table, names), table["group"].to_numpy()
    pooled = evaluate(
        truth, chances, groups, class_names=names, positive_class=positive, threshold=None, seed=seed
    )
    weights = resampled_weights(truth, groups, np.random.default_rng(seed))
    drawn = [weighted_figures(truth, chances, rows) for rows in weights]
    samples = {
        "accuracy": [part.accuracy for part in drawn],
        "balanced_accuracy": [part.sensitivity.mean(axis=1) for part in drawn],
        "macro_f1": [part.f1.mean(axis=1) for part in drawn],
        "auc": [part.auc.mean(axis=1) for part in drawn],
        "log_loss": [part.log_loss for part in drawn],
    }
    if positive is not None:
        pooled["sensitivity"] = pooled["per_class"][positive]["sensitivity"]
        column = list(names).index(positive)  # every class has images in every fold
        samples["sensitivity"] = [part.sensitivity[:, column] for part in drawn]
    return {name: Figure(Interval(**pooled[name]), np.concatenate(parts)) for name, parts in samples.items()}


def figures(measured: dict[str, Figure]) -> dict[str, dict[str, float]]:
    """Return the figures with their intervals, as JSON has them."""
    return {name: figure.interval._asdict() for name, figure in measured.items()}


def differences(minuend: dict[str, Figure], subtrahend: dict[str, Figure]) -> dict[str, dict[str, float]]:
    """Return one run's figures less another's, with paired intervals, as JSON has them."""
    return {name: _difference(minuend[name], figure)._asdict() for name, figure in subtrahend.items()}


def _difference(minuend: Figure, subtrahend: Figure) -> Interval:
    value = minuend.interval.value - subtrahend.interval.value
    resampled = percentile(value, minuend.samples - subtrahend.samples)
    if resampled.high - resampled.low < 1e-9:  # noqa: PLR2004 (rounding only)
        return independent_difference(minuend.interval, subtrahend.interval)
    return resampled
