"""Training histories: smoothing, best epoch so far, overfitting gap, and the matrix of each epoch.

A history is a table with one row per epoch: ``epoch``, ``accuracy`` and ``val_accuracy`` (0–1), and where
known ``loss``, ``val_loss``, ``learning_rate``, and the duration of the epoch in ``seconds``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.evaluation import confusion
from core.evaluation.predictions import class_indices, probability_matrix
from core.recipe import kept_epoch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class Run(NamedTuple):
    """A training run.

    Attributes:
        label: name of the run.
        history: table with one row per epoch.
        best_epoch: epoch whose network was kept.
    """

    label: str
    history: pd.DataFrame
    best_epoch: int

    @property
    def last_epoch(self) -> int:
        """Last epoch of the training."""
        return int(self.history["epoch"].max())

    def has(self, *columns: str) -> bool:
        """Return whether the history has all of these columns."""
        return set(columns) <= set(self.history.columns)

    def row(self, epoch: int) -> pd.Series:
        """Return the row of an epoch."""
        return _row(self.history, epoch)

    def until(self, epoch: int) -> pd.DataFrame:
        """Return the history up to an epoch."""
        return self.history[self.history["epoch"] <= epoch]


class RateChange(NamedTuple):
    """An epoch with another learning rate than the one before it."""

    epoch: int
    before: float
    after: float


def smooth(values: ArrayLike, weight: float) -> NDArray[np.float64]:
    """Return the exponential moving average, corrected for its start as in Adam (Kingma and Ba 2015).

    Args:
        values: float [N].
        weight: weight of the past, 0 (no smoothing) to below 1.

    Returns:
        float64 [N]; each value depends on itself and earlier values only.
    """
    raw = np.asarray(values, np.float64)
    result, average = np.empty_like(raw), 0.0
    for index, value in enumerate(raw):
        average = weight * average + (1 - weight) * value
        result[index] = average / (1 - weight ** (index + 1))
    return result


def elapsed(history: pd.DataFrame) -> NDArray[np.float64]:
    """Return the seconds from the start to the end of each epoch, float64 [N]."""
    return np.cumsum(history["seconds"].to_numpy(np.float64))


def best_so_far(history: pd.DataFrame, epoch: int) -> int:
    """Return the epoch with the highest val_accuracy among those up to this one.

    Ties go to the lower val_loss where losses are known, then to the earlier epoch.
    """
    known = history[history["epoch"] <= epoch]
    return kept_epoch(known if "val_loss" in known else known.assign(val_loss=0.0), "best")


def gap(history: pd.DataFrame, epoch: int) -> float:
    """Return training accuracy minus validation accuracy in an epoch, -1 to 1."""
    row = _row(history, epoch)
    return float(row["accuracy"] - row["val_accuracy"])


def rate_changes(history: pd.DataFrame) -> list[RateChange]:
    """Return the steps of the learning rate, in order.

    Returns:
        Empty where the rate is unknown, or where it changes in most epochs: a schedule has no steps.
    """
    if "learning_rate" not in history:
        return []
    rates, epochs = history["learning_rate"].tolist(), history["epoch"].tolist()
    changes = [
        RateChange(int(epoch), before, after)
        for epoch, before, after in zip(epochs[1:], rates[:-1], rates[1:], strict=True)
        if before != after
    ]
    return changes if len(changes) <= len(epochs) / 2 else []


def validation_matrix(
    validation: pd.DataFrame, epoch: int, class_names: Sequence[str]
) -> NDArray[np.int64] | None:
    """Return the confusion matrix of the validation set in an epoch.

    Args:
        validation: table ``validation_by_epoch.parquet`` of the bundle.
        epoch: epoch, counted from 1.
        class_names: C names of classes.

    Returns:
        int64 [C, C], rows true, columns predicted classes; None where the table lacks the epoch.
    """
    rows = validation[validation["epoch"] == epoch]
    if rows.empty:
        return None
    truth = class_indices(rows["true_class"], class_names)
    return confusion.count(truth, confusion.decide(probability_matrix(rows, class_names)), len(class_names))


def thinned(validation: pd.DataFrame, best_epoch: int, max_rows: int) -> pd.DataFrame:
    """Return the validation predictions of as many epochs as fit into a number of rows, spread evenly.

    Args:
        validation: table with the same number of rows for each epoch.
        best_epoch: epoch whose network was kept; it stays in any case, and the last epoch where two fit.
        max_rows: largest number of rows.
    """
    epochs = np.unique(validation["epoch"])
    fitting = max_rows * len(epochs) // max(len(validation), 1)
    if fitting >= len(epochs):
        return validation
    spread = epochs[np.linspace(len(epochs) - 1, 0, max(fitting - 1, 0)).round().astype(int)]
    return validation[validation["epoch"].isin([best_epoch, *spread])].reset_index(drop=True)


def long_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the histories of all runs as one table: ``run``, then the columns of the histories.

    ``elapsed_seconds`` is added where durations are known; values that a run lacks are empty.
    """
    tables = []
    for run in runs:
        table = run.history.copy()
        table.insert(0, "run", run.label)
        if run.has("seconds"):
            table["elapsed_seconds"] = elapsed(run.history)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def summary(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per run: kept epoch, its accuracies and gap, final gap, lowest val_loss, duration."""
    rows = []
    for run in runs:
        best = run.row(run.best_epoch)
        rows.append(
            {
                "run": run.label,
                "epochs": run.last_epoch,
                "kept_epoch": run.best_epoch,
                "accuracy": float(best["accuracy"]),
                "val_accuracy": float(best["val_accuracy"]),
                "gap": gap(run.history, run.best_epoch),
                "last_gap": gap(run.history, run.last_epoch),
                "lowest_val_loss": float(run.history["val_loss"].min()) if run.has("val_loss") else np.nan,
                "seconds": float(elapsed(run.history)[-1]) if run.has("seconds") else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _row(history: pd.DataFrame, epoch: int) -> pd.Series:
    return history[history["epoch"] == epoch].iloc[0]
