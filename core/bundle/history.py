"""A training's history, epoch by epoch: smoothing, best epoch so far, overfitting, and these in words.

A history is a table with one row per epoch: ``epoch``, ``accuracy`` and ``val_accuracy`` (0–1), and where
they are known ``loss`` and ``val_loss``, ``learning_rate``, and ``seconds`` that the epoch took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core import recipe
from core.evaluation import confusion
from core.evaluation.predictions import class_indices, probability_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class Run(NamedTuple):
    """One training to be looked at.

    Attributes:
        label: what it is called.
        history: one row per epoch.
        best_epoch: the epoch that was kept.
    """

    label: str
    history: pd.DataFrame
    best_epoch: int

    @property
    def last_epoch(self) -> int:
        """The last epoch of the training."""
        return int(self.history["epoch"].max())

    def has(self, *columns: str) -> bool:
        """Tell whether the history knows all of these."""
        return set(columns) <= set(self.history.columns)

    def until(self, epoch: int) -> pd.DataFrame:
        """Return the history up to an epoch."""
        return self.history[self.history["epoch"] <= epoch]


class RateChange(NamedTuple):
    """An epoch that ran with another learning rate than the one before it."""

    epoch: int
    before: float
    after: float


def smooth(values: ArrayLike, weight: float) -> NDArray[np.float64]:
    """Return the exponential moving average, corrected for its start as in Adam (Kingma and Ba 2015).

    Args:
        values: float [N].
        weight: of the past, 0 (nothing is smoothed) to below 1.

    Returns:
        float64 [N]: each value depends on itself and the earlier ones only.
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
    """Return the best epoch up to this one.

    It has the highest val_accuracy; ties go to the lower val_loss where losses are known, then to the
    earlier epoch.
    """
    known = history[history["epoch"] <= epoch]
    return recipe.kept_epoch(known if "val_loss" in known else known.assign(val_loss=0.0), "best")


def gap(history: pd.DataFrame, epoch: int) -> float:
    """Return by how much training accuracy is above validation accuracy in an epoch, -1 to 1."""
    row = _row(history, epoch)
    return float(row["accuracy"] - row["val_accuracy"])


def rate_changes(history: pd.DataFrame) -> list[RateChange]:
    """Return where the learning rate was stepped, in order.

    Returns:
        None where it is not known, and none where it moves all the time: a schedule has no steps.
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
    """Count what each validation image was called in an epoch.

    Args:
        validation: the bundle's ``validation_by_epoch.parquet``.
        epoch: counted from 1.
        class_names: C names.

    Returns:
        int64 [C, C], rows true, columns predicted classes; None where the table lacks the epoch.
    """
    rows = validation[validation["epoch"] == epoch]
    if rows.empty:
        return None
    truth = class_indices(rows["true_class"], class_names)
    return confusion.count(truth, confusion.decide(probability_matrix(rows, class_names)), len(class_names))


def long_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return all runs below one another: ``run`` first, then the columns of the histories.

    ``elapsed_seconds`` is added where times are known; what a run does not know stays empty.
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
    """Compare runs, a row for each: kept epoch with its accuracies and gap, gap at the end, loss, time."""
    rows = []
    for run in runs:
        best = _row(run.history, run.best_epoch)
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


def sentences(run: Run, epoch: int) -> list[str]:
    """Say what an epoch and those before it show: figures, best epoch, overfitting, learning rate."""
    row, known = _row(run.history, epoch), run.until(epoch)
    losses = f"; loss {row['loss']:.3f} and {row['val_loss']:.3f}" if run.has("loss", "val_loss") else ""
    figures = f"training accuracy {row['accuracy']:.1%}, validation {row['val_accuracy']:.1%}{losses}"
    said = [f"Epoch {epoch} of {run.last_epoch}: {figures}."]
    best = best_so_far(run.history, epoch)
    best_value = _row(run.history, best)["val_accuracy"]
    said.append(
        f"Best so far: epoch {best}, with the highest validation accuracy, {best_value:.1%}."
        if best != epoch
        else "No epoch before it has a better validation accuracy."
    )
    said.append(_overfitting(run, known, epoch))
    if run.has("learning_rate"):
        said.append(_learning_rate(run, float(row["learning_rate"]), epoch))
    return said


def _learning_rate(run: Run, now: float, epoch: int) -> str:
    steps, rates = rate_changes(run.history), run.history["learning_rate"]
    if not steps and rates.min() < rates.max():
        highest = int(run.history.loc[rates.idxmax(), "epoch"])
        return (
            f"The learning rate follows a schedule: now {now:.2g}, highest in epoch {highest} "
            f"({rates.max():.2g})."
        )
    made = [
        f"at epoch {one.epoch} from {one.before:g} to {one.after:g}" for one in steps if one.epoch <= epoch
    ]
    if made:
        return f"The learning rate changed {', '.join(made)}."
    return f"The learning rate is {now:g} and has not changed."


def _overfitting(run: Run, known: pd.DataFrame, epoch: int) -> str:
    distance = gap(run.history, epoch)
    if distance <= 0:
        words = "Validation accuracy is not below training accuracy: no gap that speaks of overfitting."
    else:
        words = f"Training accuracy is {100 * distance:.1f} points above validation: the overfitting gap."
    if not run.has("loss", "val_loss"):
        return words
    now, lowest = known.iloc[-1], known.loc[known["val_loss"].idxmin()]
    if lowest["epoch"] != epoch and now["loss"] < lowest["loss"]:
        words += (
            f" Since epoch {int(lowest['epoch'])} training loss has fallen by "
            f"{lowest['loss'] - now['loss']:.3f} while validation loss has risen by "
            f"{now['val_loss'] - lowest['val_loss']:.3f}: a sign of overfitting."
        )
    return words


def _row(history: pd.DataFrame, epoch: int) -> pd.Series:
    return history[history["epoch"] == epoch].iloc[0]
