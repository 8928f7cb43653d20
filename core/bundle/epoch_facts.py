"""The state of a training after an epoch: best epoch, overfitting gap, validation loss, learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.bundle import history

if TYPE_CHECKING:
    from core.bundle.history import Run
    from core.recipe import Keep

UNKNOWN = "–"
_KEPT = {"best": "the best on the validation set", "last": "the last, as set in the recipe"}


class Fact(NamedTuple):
    """A number about a training.

    Attributes:
        name: what it is.
        value: the number, as text.
        note: what to compare it with, in a few words.
        explanation: what it means, in sentences.
    """

    name: str
    value: str
    note: str
    explanation: str


def describe(run: Run, epoch: int) -> str:
    """Write the metrics of an epoch as a sentence."""
    row = run.row(epoch)
    losses = f"; loss {row['loss']:.3f} and {row['val_loss']:.3f}" if run.has("loss", "val_loss") else ""
    return (
        f"Epoch {epoch} of {run.last_epoch}: training accuracy {row['accuracy']:.1%}, validation "
        f"{row['val_accuracy']:.1%}{losses}."
    )


def describe_kept(run: Run, keep: Keep, strong: str = "") -> str:
    """Say which epoch's network is the model, and why.

    Args:
        run: the training.
        keep: rule of the recipe.
        strong: what stands before and behind the number of the epoch.
    """
    return f"The model is epoch {strong}{run.best_epoch}{strong} of {run.last_epoch}, {_KEPT[keep]}."


def epoch_facts(run: Run, epoch: int) -> list[Fact]:
    """Return the same four facts for every epoch and run, with a dash where a value is unknown."""
    return [_best(run, epoch), _gap(run, epoch), _loss(run, epoch), _learning_rate(run, epoch)]


def _best(run: Run, epoch: int) -> Fact:
    best = history.best_so_far(run.history, epoch)
    return Fact(
        "Best epoch so far",
        str(best),
        f"validation accuracy {run.row(best)['val_accuracy']:.1%}",
        "The epoch with the highest validation accuracy up to here; ties go to the lower validation loss.",
    )


def _gap(run: Run, epoch: int) -> Fact:
    row, distance = run.row(epoch), history.gap(run.history, epoch)
    return Fact(
        "Overfitting gap",
        f"{100 * distance:.1f} points",
        f"{row['accuracy']:.1%} against {row['val_accuracy']:.1%}",
        "Training accuracy minus validation accuracy. "
        + (
            "There is no overfitting gap: validation accuracy is not below training accuracy."
            if distance <= 0
            else "The network does better on the images that it was trained on."
        ),
    )


def _loss(run: Run, epoch: int) -> Fact:
    name = "Validation loss"
    if not run.has("loss", "val_loss"):
        return Fact(name, UNKNOWN, "no losses known", "This run has no losses.")
    known = run.until(epoch)
    now, lowest = run.row(epoch), known.loc[known["val_loss"].idxmin()]
    at = int(lowest["epoch"])
    explanation = f"Training loss is {now['loss']:.3f}."
    if at != epoch and now["loss"] < lowest["loss"]:
        explanation += (
            f" Since epoch {at} it has fallen by {lowest['loss'] - now['loss']:.3f} while validation loss "
            f"has risen by {now['val_loss'] - lowest['val_loss']:.3f}: a sign of overfitting."
        )
    note = "lowest so far" if at == epoch else f"lowest {lowest['val_loss']:.3f} in epoch {at}"
    return Fact(name, f"{now['val_loss']:.3f}", note, explanation)


def _learning_rate(run: Run, epoch: int) -> Fact:
    name = "Learning rate"
    if not run.has("learning_rate"):
        return Fact(name, UNKNOWN, "not known", "This run has no learning rates.")
    now, rates = float(run.row(epoch)["learning_rate"]), run.history["learning_rate"]
    steps = history.rate_changes(run.history)
    if not steps and rates.min() < rates.max():
        peak = int(run.history.loc[rates.idxmax(), "epoch"])
        note = f"peak {rates.max():.2g} in epoch {peak}"
        return Fact(name, f"{now:.2g}", note, "The learning rate follows a schedule.")
    changes = [one for one in steps if one.epoch <= epoch]
    if not changes:
        return Fact(name, f"{now:g}", "unchanged", "The learning rate has not changed.")
    said = ", ".join(f"at epoch {one.epoch} from {one.before:g} to {one.after:g}" for one in changes)
    last = changes[-1]
    return Fact(
        name,
        f"{now:g}",
        f"since epoch {last.epoch}, before {last.before:g}",
        f"The learning rate changed {said}.",
    )
