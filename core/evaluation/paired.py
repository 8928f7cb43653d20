"""Differences between two models on the same images, with paired confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import independent_difference, percentile, resampled_weights
from core.evaluation.mean_losses import LEAST_PROBABILITY, intervals_of_means, log_losses, unseen_loss
from core.evaluation.metrics import WeightedMetrics, evaluate, weighted_metrics
from core.evaluation.predictions import LabelledPredictions
from core.evaluation.results import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

SIGNIFICANCE = 0.05
SWAPS = 1_000
# Above that many groups the 2^G ways to swap are sampled.
_ENUMERATED_GROUPS = 9
INTERVAL = (
    "95 %, paired. It covers the choice of images only: each run was trained once, so neither another "
    "training seed nor another hospital is in it. Accuracy, sensitivity and log loss: Bayesian bootstrap "
    "over groups within class, with one more group in which the runs differ as no group of the sample may "
    "show. The others: percentile bootstrap, both runs on the same 1,000 resamples of groups within class; "
    "where no resample differs, the two metrics' own intervals are combined as if they were independent. An "
    "interval of accuracy or sensitivity excludes 0 only where McNemar's exact test on groups has p < 0.05; "
    "one of balanced accuracy, macro F1 or AUC only where swapping the runs' predictions group by group has."
)
# Metrics that are functions of the predicted classes alone.
_OF_CLASSES = ("balanced_accuracy", "macro_f1")


class MeasuredRun(NamedTuple):
    """Pooled predictions of a run with its metrics.

    Attributes:
        predictions: pooled predictions.
        positive_index: index of the class whose sensitivity is measured too, or None.
        intervals: metrics by name, with their own intervals: shares, 0-1, and the log loss in nats.
        samples: balanced accuracy, macro F1 and AUC in each resample, float64 [B].
        seed: random seed of the resampling.
    """

    predictions: LabelledPredictions
    positive_index: int | None
    intervals: dict[str, Interval]
    samples: dict[str, NDArray[np.float64]]
    seed: int


def measure(
    table: pd.DataFrame, *, class_names: Sequence[str], positive_class: str | None, seed: int
) -> MeasuredRun:
    """Compute the metrics of pooled predictions.

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
    found = {
        "accuracy": pooled.accuracy,
        "balanced_accuracy": pooled.balanced_accuracy,
        "macro_f1": pooled.macro_f1,
        "auc": pooled.auc,
        "log_loss": pooled.log_loss,
    }
    if positive_class is not None:
        found["sensitivity"] = pooled.per_class[positive_class].sensitivity
    weights = resampled_weights(predictions.truth, predictions.groups, np.random.default_rng(seed))
    drawn = [_means(weighted_metrics(predictions.truth, predictions.probabilities, rows)) for rows in weights]
    return MeasuredRun(
        predictions=predictions,
        positive_index=None if positive_class is None else list(class_names).index(positive_class),
        intervals={name: interval for name, interval in found.items() if interval is not None},
        samples={name: np.concatenate([one[name] for one in drawn]) for name in drawn[0]},
        seed=seed,
    )


def differences(minuend: MeasuredRun, subtrahend: MeasuredRun) -> dict[str, Interval]:
    """Return the metrics of one run minus those of another, with paired intervals.

    Args:
        minuend: a run.
        subtrahend: another on the same images in the same order, with the same seed.
    """
    truth, _, groups = minuend.predictions
    hits = [run.predictions.probabilities.argmax(axis=1) == truth for run in (minuend, subtrahend)]
    found = {}
    for name in subtrahend.intervals:
        if name == "accuracy":
            found[name] = difference_of_hits(hits[0], hits[1], truth, groups, minuend.seed)
        elif name == "sensitivity":
            among = truth == minuend.positive_index
            found[name] = difference_of_hits(
                hits[0][among], hits[1][among], truth[among], groups[among], minuend.seed
            )
        elif name == "log_loss":
            found[name] = _difference_of_log_loss(minuend, subtrahend)
        else:
            found[name] = _resampled_difference(name, minuend, subtrahend)
    return found


def difference_of_hits(
    minuend: NDArray[np.bool_],
    subtrahend: NDArray[np.bool_],
    truth: NDArray[np.int64],
    groups: NDArray[np.int64],
    seed: int,
) -> Interval:
    """Return the share of hits of one reader or model minus that of another, with a paired interval.

    It excludes 0 only where McNemar's exact test has p < 0.05; ``INTERVAL`` has the method.

    Args:
        minuend: hits, bool [N].
        subtrahend: hits of the other on the same images, bool [N].
        truth: true class of each image, within which groups are resampled, int64 [N].
        groups: group labels [N].
        seed: random seed of the resampling.
    """
    (interval,) = intervals_of_means(
        (minuend.astype(float) - subtrahend)[:, np.newaxis],
        truth,
        groups,
        unseen=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        rng=np.random.default_rng(seed),
    )
    return _to_zero_unless(interval, lambda: mcnemar(minuend, subtrahend, groups))


def mcnemar(minuend: NDArray[np.bool_], subtrahend: NDArray[np.bool_], groups: NDArray[np.int64]) -> float:
    """Return the two-sided p of McNemar's exact test on groups: of those that differ, half favour each model.

    A group favours the model with more hits in it (McNemar 1947, Psychometrika 12:153).

    Args:
        minuend: hits of one model, bool [N].
        subtrahend: hits of the other, bool [N].
        groups: group labels [N].
    """
    # Here, since most pages of the app start without SciPy.
    from scipy.special import bdtr  # noqa: PLC0415

    label = np.unique(groups, return_inverse=True)[1]
    favoured = np.sign(np.bincount(label, minuend.astype(float) - subtrahend))
    discordant, fewer = int((favoured != 0).sum()), int(min((favoured > 0).sum(), (favoured < 0).sum()))
    return min(1.0, 2 * float(bdtr(fewer, discordant, 0.5))) if discordant else 1.0


def _difference_of_log_loss(minuend: MeasuredRun, subtrahend: MeasuredRun) -> Interval:
    truth, _, groups = minuend.predictions
    one, other = (log_losses(truth, run.predictions.probabilities) for run in (minuend, subtrahend))
    classes = [run.predictions.probabilities.argmax(axis=1) for run in (minuend, subtrahend)]
    differ = (classes[0] != classes[1])[:, np.newaxis]
    # At each end one more group takes part, which one of the two misclassifies.
    ends = [
        unseen_loss(
            (worse.of_truth - better.of_truth)[:, np.newaxis],
            np.abs(worse.of_others - better.of_truth)[:, np.newaxis],
            differ,
            groups,
        )
        for worse, better in ((other, one), (one, other))
    ]
    worst = -float(np.log(LEAST_PROBABILITY))
    (interval,) = intervals_of_means(
        (one.of_truth - other.of_truth)[:, np.newaxis],
        truth,
        groups,
        unseen=(-ends[0], ends[1]),
        limits=(-worst, worst),
        rng=np.random.default_rng(minuend.seed),
    )
    return interval


def _resampled_difference(name: str, minuend: MeasuredRun, subtrahend: MeasuredRun) -> Interval:
    value = minuend.intervals[name].value - subtrahend.intervals[name].value
    resampled = percentile(value, minuend.samples[name] - subtrahend.samples[name])
    if resampled.high - resampled.low < 1e-9:  # noqa: PLR2004 (rounding only)
        return independent_difference(minuend.intervals[name], subtrahend.intervals[name])
    return _to_zero_unless(resampled, lambda: _swapped(name, minuend, subtrahend, value))


def _to_zero_unless(interval: Interval, p_value: Callable[[], float]) -> Interval:
    """Return an interval, extended to 0 unless a test says that the runs differ.

    Args:
        interval: interval of a difference.
        p_value: function that computes the test's p, called where the interval excludes 0.
    """
    if interval.low <= 0 <= interval.high or p_value() < SIGNIFICANCE:
        return interval
    return Interval(value=interval.value, low=min(interval.low, 0.0), high=max(interval.high, 0.0))


def _swapped(name: str, minuend: MeasuredRun, subtrahend: MeasuredRun, value: float) -> float:
    """Return the two-sided p of the randomisation test that swaps the predictions of whole groups.

    Yeh 2000, "More accurate tests for the statistical significance of result differences" (COLING): if the
    models are equally good, the difference is as likely with the predictions of any groups swapped.
    """
    truth, _, groups = minuend.predictions
    both = [run.predictions.probabilities for run in (minuend, subtrahend)]
    if name in _OF_CLASSES:
        differ = both[0].argmax(axis=1) != both[1].argmax(axis=1)
    else:
        differ = (both[0] != both[1]).any(axis=1)
    label = np.unique(groups, return_inverse=True)[1]
    swappable = np.unique(label[differ])
    count = len(swappable)
    if count <= _ENUMERATED_GROUPS:
        chosen = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1
    else:
        chosen = np.random.default_rng(minuend.seed).integers(2, size=(SWAPS, count))
        # The predictions as they are belong to the ways to swap.
        chosen[0] = 0
    swaps = np.zeros((len(chosen), int(label.max()) + 1))
    swaps[:, swappable] = chosen
    weights = np.concatenate([1 - swaps[:, label], swaps[:, label]], axis=1)
    stacked = np.concatenate([truth, truth]), np.concatenate(both)
    gaps = [_means(weighted_metrics(*stacked, rows))[name] for rows in (weights, 1 - weights)]
    return float((np.abs(gaps[0] - gaps[1]) >= abs(value) - 1e-9).mean())


def _means(metrics: WeightedMetrics) -> dict[str, NDArray[np.float64]]:
    """Return the means over classes of metrics under B weightings, float64 [B] each."""
    means = {
        "balanced_accuracy": metrics.sensitivity.mean(axis=1),
        "macro_f1": metrics.f1.mean(axis=1),
    }
    return means | ({"auc": metrics.auc.mean(axis=1)} if metrics.auc.shape[1] else {})
