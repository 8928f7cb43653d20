"""Two recipes cross-validated on the same folds: by how much does one beat the other?"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.bundle import open_bundle
from core.cross_validation import REPORT
from core.errors import UserError
from core.evaluation import evaluate, weighted_figures
from core.intervals import Interval, independent_difference, percentile, resampled_weights
from core.manifest import OUT_OF_FOLD
from core.tables import class_indices, probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.manifest import Manifest

INTERVAL = (
    "95 %. Of a difference: percentile bootstrap of the paired difference; both runs are measured on the "
    "same 1,000 resamples of groups within class. It counts the pictures only: both were trained once, so "
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


def compare_runs(folders: Sequence[Path]) -> dict[str, Any]:
    """Compare cross-validations of the same pictures on the same folds, pair by pair.

    Args:
        folders: written by ``core.cross_validation``, two or more; a run goes by its folder's name.

    Returns:
        ``runs`` (by name: recipe, command, the pooled figures with their intervals), ``differences`` (of each
        pair, the later less the earlier: figures with intervals), ``sentences``, and what they rest on. A
        figure is a share, 0-1, or the log loss in nats; ``sensitivity`` is that for the positive class; one
        that does not apply is missing.

    Raises:
        UserError: a folder is no finished cross-validation, or the runs are not of the same folds.
    """
    names = [folder.resolve().name for folder in folders]
    if len(names) < 2 or len(set(names)) < len(names):  # noqa: PLR2004
        raise UserError("Give two or more folders of cross-validations, each with a name of its own.")
    opened = [_open(folder) for folder in folders]
    first, table = opened[0]
    for name, (manifest, other) in zip(names, opened, strict=True):
        _check_same(names[0], first, table, name, manifest, other)
    subject = Subject(first.class_names, first.positive_class, first.seed)
    measured = [measure(subject, each) for _, each in opened]
    pairs = [
        {
            "minuend": names[later],
            "subtrahend": names[earlier],
            "figures": differences(measured[later], measured[earlier]),
        }
        for earlier, later in combinations(range(len(names)), 2)
    ]
    return {
        "runs": {
            name: {
                "command": manifest.command,
                "recipe": manifest.recipe.model_dump(mode="json"),
                "figures": figures(each),
            }
            for name, (manifest, _), each in zip(names, opened, measured, strict=True)
        },
        "differences": pairs,
        "sentences": [_sentence(pair) for pair in pairs],
        "interval": INTERVAL,
        "data": first.data.model_dump(mode="json"),
        "grouping": first.grouping,
        "class_names": list(first.class_names),
        "positive_class": first.positive_class,
        "pictures": len(table),
        "groups": int(table["group"].nunique()),
        "folds": int(table["fold"].nunique()),
        "seed": first.seed,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), "numpy": version("numpy")},
    }


def _open(folder: Path) -> tuple[Manifest, pd.DataFrame]:
    """Read what every bundle of a cross-validation holds: the predictions of all folds."""
    if not (folder / REPORT).is_file():
        raise UserError(f"{folder} holds no finished cross-validation: run cross-validate to its end first.")
    bundle = open_bundle(folder / "fold-1")
    return bundle.manifest, bundle.table(OUT_OF_FOLD).sort_values("file", ignore_index=True)


def _check_same(
    name: str, manifest: Manifest, table: pd.DataFrame, other: str, its: Manifest, its_table: pd.DataFrame
) -> None:
    columns = ["file", "sha256", "true_class", "group", "fold"]
    if manifest.class_names != its.class_names or not table[columns].equals(its_table[columns]):
        raise UserError(
            f"{name} and {other} are not cross-validations of the same pictures on the same folds; "
            "give both the same DATA, --folds, --seed and --groups."
        )


def measure(subject: Subject, table: pd.DataFrame) -> dict[str, Figure]:
    """Measure pooled predictions by name: shares, 0-1, and the log loss in nats.

    Args:
        subject: the same seed draws the same groups for every table of the same pictures in the same order,
            so that their differences are paired.
        table: columns ``true_class``, ``group``, and a probability per class.
    """
    names, positive, seed = subject
    truth = class_indices(table["true_class"], names)
    chances, groups = probabilities(table, names), table["group"].to_numpy()
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
        column = list(names).index(positive)  # every class has pictures in every fold
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


def _sentence(pair: dict[str, Any]) -> str:
    gap = pair["figures"]["macro_f1"]
    low, high = 100 * gap["low"], 100 * gap["high"]
    sentence = (
        f"{pair['minuend']} less {pair['subtrahend']}: {100 * gap['value']:+.1f} points of macro F1 "
        f"(95 % interval {low:+.1f} to {high:+.1f})"
    )
    return f"{sentence}; these pictures cannot tell it from nothing." if low <= 0 <= high else f"{sentence}."
