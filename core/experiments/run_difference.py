"""Paired differences between recipes that were cross-validated on the same folds."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import Field

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.errors import UserError
from core.evaluation.paired import INTERVAL, differences, measure
from core.evaluation.results import ExperimentReport, Interval
from core.experiments.cross_validation_report import REPORT
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.bundle.manifest import Manifest


class RunMetrics(Strict):
    """Pooled metrics of one cross-validation: shares, 0-1, and the log loss in nats."""

    command: str
    recipe: Recipe
    metrics: dict[str, Interval] = Field(alias="figures")


class PairedDifference(Strict):
    """Metrics of one run minus those of another, with paired intervals."""

    minuend: str
    subtrahend: str
    metrics: dict[str, Interval] = Field(alias="figures")

    def sentence(self) -> str:
        """Return the difference in macro F1 as a sentence."""
        gap = self.metrics["macro_f1"]
        low, high = 100 * gap.low, 100 * gap.high
        return (
            f"{self.minuend} minus {self.subtrahend}: {100 * gap.value:+.1f} points of macro F1 "
            f"(95 % confidence interval {low:+.1f} to {high:+.1f})"
            f"{'; not distinguishable from zero on these images' if low <= 0 <= high else ''}."
        )


class RunComparison(ExperimentReport):
    """Cross-validations of the same images on the same folds, and their paired differences."""

    runs: dict[str, RunMetrics] = Field(description="by the name of the folder")
    differences: tuple[PairedDifference, ...] = Field(description="of each pair, the later run first")
    sentences: tuple[str, ...]
    interval: str = Field(description="how the intervals were computed")
    images: int = Field(ge=1, alias="pictures")
    groups: int = Field(ge=1)
    folds: int = Field(ge=2)


def compare_runs(folders: Sequence[Path]) -> RunComparison:
    """Compare cross-validations of the same images on the same folds, pair by pair.

    Args:
        folders: two or more folders written by ``experiments.cross_validation``; a run is named after its
            folder.

    Raises:
        UserError: a folder holds no finished cross-validation, or the runs do not have the same folds.
    """
    names = [folder.resolve().name for folder in folders]
    if len(names) < 2 or len(set(names)) < len(names):  # noqa: PLR2004
        raise UserError("Give two or more folders of cross-validations with different names.")
    opened = [_open(folder) for folder in folders]
    first, table = opened[0]
    for name, (manifest, other) in zip(names, opened, strict=True):
        _check_same(names[0], first, table, name, manifest, other)
    measured = [
        measure(
            predictions,
            class_names=first.class_names,
            positive_class=first.positive_class,
            seed=first.seed,
        )
        for _, predictions in opened
    ]
    pairs = tuple(
        PairedDifference(
            minuend=names[later],
            subtrahend=names[earlier],
            metrics=differences(measured[later], measured[earlier]),
        )
        for earlier, later in combinations(range(len(names)), 2)
    )
    return RunComparison.of(
        first,
        runs={
            name: RunMetrics(command=manifest.command, recipe=manifest.recipe, metrics=each.intervals)
            for name, (manifest, _), each in zip(names, opened, measured, strict=True)
        },
        differences=pairs,
        sentences=tuple(pair.sentence() for pair in pairs),
        interval=INTERVAL,
        images=len(table),
        groups=int(table["group"].nunique()),
        folds=int(table["fold"].nunique()),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), "numpy": version("numpy")},
    )


def _open(folder: Path) -> tuple[Manifest, pd.DataFrame]:
    """Read the predictions of all folds, which every bundle of a cross-validation holds."""
    if not (folder / REPORT).is_file():
        raise UserError(f"{folder} holds no finished cross-validation; finish cross-validate first.")
    bundle = open_bundle(folder / "fold-1")
    return bundle.manifest, bundle.table(OUT_OF_FOLD).sort_values("file", ignore_index=True)


def _check_same(
    name: str, manifest: Manifest, table: pd.DataFrame, other: str, its: Manifest, its_table: pd.DataFrame
) -> None:
    columns = ["file", "sha256", "true_class", "group", "fold"]
    if manifest.class_names != its.class_names or not table[columns].equals(its_table[columns]):
        raise UserError(
            f"{name} and {other} are not cross-validations of the same images on the same folds; "
            "give both the same DATA, --folds, --seed and --groups."
        )
