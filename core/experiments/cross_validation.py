"""Cross-validation: one recipe trained on every fold of the clean split."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pydantic import Field

from core.bundle.folder import add_file, open_bundle
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET, TrainingPrecision
from core.bundle.tables import COLUMNS
from core.evaluation import metrics, positive_class
from core.evaluation.intervals import proportion_of_hits
from core.evaluation.predictions import LabelledPredictions, probability_columns
from core.evaluation.results import ExperimentReport, Interval, Metrics, PositiveClassMetrics
from core.experiments.request import prepare
from core.experiments.train import train_bundle
from core.experiments.work_folder import work_folder
from core.files import write_report
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest
    from core.experiments.request import Request
    from core.progress import Progress, Say

REPORT = "cross_validation.json"
SPREAD_OF = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "brier_score")


class FoldThresholds(Strict):
    """Sensitivity and specificity with the threshold that each fold chose on its validation set."""

    thresholds: tuple[float, ...] = Field(description="one per fold")
    sensitivity: Interval | None
    specificity: Interval | None


class FoldResult(Strict):
    """One fold: its network, images by set and class, and metrics on its test set."""

    fold: int = Field(ge=1)
    best_epoch: int = Field(ge=1)
    precision: TrainingPrecision | None = Field(
        None, description="precision of the training; None in earlier files, whose recipe names it"
    )
    counts: dict[str, dict[str, int]]
    metrics: Metrics


class Spread(Strict):
    """Spread of a metric over the folds; no standard error, since folds share training images."""

    mean: float
    standard_deviation: float
    min: float
    max: float


class CrossValidation(ExperimentReport):
    """Results of a cross-validation, as ``cross_validation.json`` holds them."""

    recipe: Recipe
    folds: int = Field(ge=2)
    pooled: Metrics = Field(description="of all folds' test predictions together; no operating point")
    operating_point: FoldThresholds | None = Field(description="None where there is no positive class")
    positive: PositiveClassMetrics | None = Field(description="of the pooled predictions")
    per_fold: tuple[FoldResult, ...]
    spread: dict[str, Spread] = Field(description="by the names of SPREAD_OF")
    left_out: int = Field(ge=0, description="images left out as duplicates with conflicting labels")
    command: str


def cross_validate(request: Request, folds: int, progress: Progress, say: Say) -> CrossValidation:
    """Train a network on each fold of the clean split and pool their test predictions.

    The folder ``request.output`` gets the bundles ``fold-1`` to ``fold-K``, the table
    ``out_of_fold.parquet``, which each of these bundles holds too, and ``cross_validation.json``. It
    appears by one rename; unfinished work is in the folder with ``.partial`` added.

    Args:
        request: data, recipe and output folder.
        folds: number of folds K, 2 or more.
        progress: function that reports each step.
        say: function that shows the user a message.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    with work_folder(request, say) as work:
        return _cross_validate(request, folds, work, progress, say)


def _cross_validate(
    request: Request, folds: int, work: Path, progress: Progress, say: Say
) -> CrossValidation:
    prepared = prepare(request, progress)
    splits = [prepared.split("clean", seed=request.seed, fold=(k, folds)) for k in range(folds)]
    prepared.weights.check_unseen(prepared.index, splits)
    say(prepared.summary())
    folders = [work / f"fold-{number}" for number in range(1, folds + 1)]
    manifests = []
    for number, (split, folder) in enumerate(zip(splits, folders, strict=True), start=1):
        say(f"Fold {number} of {folds}.")
        spec = prepared.spec(f"{request.output.name}-fold-{number}", "clean", seed=request.seed)
        manifests.append(train_bundle(prepared, spec, split, folder, progress, say))
    table = out_of_fold(folders)
    table.to_parquet(work / OUT_OF_FOLD, index=False)
    for folder in folders:
        add_file(folder, work / OUT_OF_FOLD)
    report = summarise(table, manifests, left_out=prepared.conflicting, command=request.command)
    write_report(work / REPORT, report)
    work.rename(request.output)
    return report


def out_of_fold(folders: list[Path]) -> pd.DataFrame:
    """Join the test tables of the folds' bundles, with the columns of ``out_of_fold.parquet``.

    Args:
        folders: folders of the bundles, in the order of the folds, which count from 1.
    """
    bundles = [open_bundle(folder) for folder in folders]
    tables = [bundle.table(TEST_SET).assign(fold=number) for number, bundle in enumerate(bundles, start=1)]
    columns = [*COLUMNS[OUT_OF_FOLD], *probability_columns(bundles[0].manifest.class_names)]
    return pd.concat(tables, ignore_index=True)[columns]


def summarise(
    table: pd.DataFrame, manifests: list[Manifest], *, left_out: int, command: str
) -> CrossValidation:
    """Compute the metrics of the pooled predictions and the spread over the folds.

    Args:
        table: predictions from ``out_of_fold``.
        manifests: manifests of the folds' bundles, in the order of the folds.
        left_out: number of images left out of every fold.
        command: command line of the cross-validation.
    """
    first = manifests[0]
    names, positive = first.class_names, first.positive_class
    predictions = LabelledPredictions.from_table(table, names)
    pooled = metrics.evaluate(
        *predictions,
        class_names=names,
        positive_class=positive,
        threshold=None,
        seed=first.seed,
    )
    of_positive = positive_class.measure(
        *predictions, class_names=names, positive_class=positive, seed=first.seed
    )
    operating_point = None
    if positive is not None:
        index = names.index(positive)
        operating_point = _operating_point(
            table, manifests, predictions.truth == index, predictions.probabilities[:, index]
        )
    return CrossValidation.of(
        first,
        recipe=first.recipe,
        folds=len(manifests),
        pooled=pooled,
        operating_point=operating_point,
        positive=of_positive,
        per_fold=tuple(
            FoldResult(
                fold=number,
                best_epoch=each.best_epoch,
                precision=each.precision,
                counts=each.counts,
                metrics=each.metrics,
            )
            for number, each in enumerate(manifests, start=1)
        ),
        spread={metric: _spread(manifests, metric) for metric in SPREAD_OF},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=first.versions,
        left_out=left_out,
        command=command,
    )


def _operating_point(
    table: pd.DataFrame,
    manifests: list[Manifest],
    is_positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
) -> FoldThresholds:
    chosen = [manifest.decision.operating_threshold for manifest in manifests]
    thresholds = tuple(threshold for threshold in chosen if threshold is not None)
    predicted_positive = scores >= np.array(thresholds)[table["fold"] - 1]

    def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        return proportion_of_hits(hits[among], table["group"][among])

    return FoldThresholds(
        thresholds=thresholds,
        sensitivity=share(predicted_positive, is_positive),
        specificity=share(~predicted_positive, ~is_positive),
    )


def _spread(manifests: list[Manifest], metric: str) -> Spread:
    values = np.array([getattr(manifest.metrics, metric).value for manifest in manifests])
    return Spread(
        mean=float(values.mean()),
        standard_deviation=float(values.std(ddof=1)),
        min=float(values.min()),
        max=float(values.max()),
    )
