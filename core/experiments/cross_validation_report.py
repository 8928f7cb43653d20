"""The report of a cross-validation: pooled metrics, those of each fold, and by source and machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET, TrainingPrecision
from core.bundle.tables import COLUMNS, OPTIONAL_COLUMNS
from core.data.provenance import KNOWN_COLUMNS, MAX_NAME
from core.evaluation import metrics, positive_class, radiologists
from core.evaluation.domain_results import DomainComparison
from core.evaluation.intervals import proportion_of_hits
from core.evaluation.limits import HeldOutLimits
from core.evaluation.predictions import LabelledPredictions, probability_columns
from core.evaluation.radiologists import Radiologists
from core.evaluation.results import (
    ExperimentReport,
    Interval,
    Metrics,
    PositiveClassMetrics,
    SubsetMetrics,
)
from core.evaluation.subsets import columns_of, measure_subsets
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest

REPORT = "cross_validation.json"
_MOST_JOINED = 3  # values that a label names
SPREAD_OF = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "brier_score")


class NamedFold(NamedTuple):
    """A fold's name, None for a drawn one, and the values that the name stands for, if more than one."""

    name: str | None
    joined: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, with what it stands for where there is room: ``other (A and B)``."""
        shown = self.joined[:_MOST_JOINED]
        more = len(self.joined) - len(shown)
        listed = " and ".join([", ".join(shown), f"{more} more"] if more else shown)
        label = f"{self.name} ({listed})"
        return label if listed and len(label) <= MAX_NAME else str(self.name)


class FoldThresholds(Strict):
    """Sensitivity and specificity with the threshold that each fold chose on its validation set."""

    thresholds: tuple[float, ...] = Field(description="one per fold")
    sensitivity: Interval | None
    specificity: Interval | None


class FoldResult(Strict):
    """One fold: its network, images by set and class, and metrics on its test set."""

    fold: int = Field(ge=1)
    name: str | None = Field(None, description="the value that was held out, or the published fold's name")
    joined: tuple[str, ...] = Field((), description="values that the name stands for, if more than one")
    class_names: tuple[str, ...] = Field((), description="of the network; empty in earlier files")
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
    spread: dict[str, Spread] = Field(description="of SPREAD_OF, those that every fold has")
    hold_out: str | None = Field(None, description="column of which each fold is one value")
    held_out: HeldOutLimits | None = Field(
        None, description="limits by held-out source; None for other folds and in earlier files"
    )
    domain: DomainComparison | None = Field(
        None, description="scores for images outside the training domain; None for other folds"
    )
    subsets: tuple[SubsetMetrics, ...] = Field((), description="by source and by known column")
    radiologists: Radiologists | None = Field(
        None, description="where the data have BI-RADS categories of enough images"
    )
    remarks: tuple[str, ...] = Field((), description="what was left out of the folds' sets")
    left_out: int = Field(ge=0, description="images left out as duplicates with conflicting labels")
    command: str


def out_of_fold(folders: list[Path]) -> pd.DataFrame:
    """Join the test tables of the folds' bundles, with the columns of ``out_of_fold.parquet``.

    Args:
        folders: folders of the bundles, in the order of the folds, which count from 1.
    """
    bundles = [open_bundle(folder) for folder in folders]
    tables = [bundle.table(TEST_SET).assign(fold=number) for number, bundle in enumerate(bundles, start=1)]
    joined = pd.concat(tables, ignore_index=True)
    names = all_classes([bundle.manifest for bundle in bundles])
    joined = with_all_classes(joined, names)
    known = [name for name in OPTIONAL_COLUMNS[OUT_OF_FOLD] if name in joined]
    texts = [name for name in KNOWN_COLUMNS if name in joined]
    joined[texts] = joined[texts].fillna("")
    return joined[[*COLUMNS[OUT_OF_FOLD], *probability_columns(names), *known]]


def all_classes(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Return the classes of several networks together, in alphabetical order."""
    return tuple(sorted({name for manifest in manifests for name in manifest.class_names}))


def with_all_classes(table: pd.DataFrame, class_names: Iterable[str]) -> pd.DataFrame:
    """Return predictions of networks with 0 for each class that a network does not have."""
    columns = probability_columns(tuple(class_names))
    return table.assign(**{name: table[name].fillna(0.0) if name in table else 0.0 for name in columns})


def positive_class_of(manifests: Iterable[Manifest]) -> str | None:
    """Return the positive class of several networks, of which some may lack it; None where there is none."""
    return next((each.positive_class for each in manifests if each.positive_class), None)


def summarise(
    table: pd.DataFrame,
    manifests: list[Manifest],
    *,
    left_out: int,
    command: str,
    folds: Sequence[NamedFold] = (),
    hold_out: str | None = None,
    held_out: HeldOutLimits | None = None,
    domain: DomainComparison | None = None,
    remarks: tuple[str, ...] = (),
) -> CrossValidation:
    """Compute the metrics of the pooled predictions and the spread over the folds.

    Args:
        table: predictions from ``out_of_fold``.
        manifests: manifests of the folds' bundles, in the order of the folds.
        left_out: number of images left out of every fold.
        command: command line of the cross-validation.
        folds: the folds by name; empty for drawn ones.
        hold_out: column of which each fold is one value; None for other folds.
        held_out: limits by held-out source; None for other folds.
        domain: scores for images outside the training domain; None for other folds.
        remarks: sentences on what is left out of the folds' sets.
    """
    names = all_classes(manifests)
    positive = positive_class_of(manifests)
    first = manifests[0].model_copy(update={"class_names": names, "positive_class": positive})
    predictions = LabelledPredictions.from_table(table, names)
    options: dict[str, Any] = {"class_names": names, "positive_class": positive, "seed": first.seed}
    operating_point = None
    if positive is not None:
        index = names.index(positive)
        is_positive, scores = predictions.truth == index, predictions.probabilities[:, index]
        if all(each.positive_class for each in manifests):
            operating_point = _operating_point(table, manifests, is_positive, scores)
    return CrossValidation.of(
        first,
        recipe=first.recipe,
        folds=len(manifests),
        pooled=metrics.evaluate(*predictions, threshold=None, **options),
        operating_point=operating_point,
        positive=positive_class.measure(*predictions, **options),
        per_fold=tuple(
            FoldResult(
                fold=number,
                name=folds[number - 1].name if folds else None,
                joined=folds[number - 1].joined if folds else (),
                class_names=each.class_names,
                best_epoch=each.best_epoch,
                precision=each.precision,
                counts=each.counts,
                metrics=each.metrics,
            )
            for number, each in enumerate(manifests, start=1)
        ),
        spread={
            metric: _spread(manifests, metric)
            for metric in SPREAD_OF
            if all(getattr(each.metrics, metric) is not None for each in manifests)
        },
        hold_out=hold_out,
        held_out=held_out,
        domain=domain,
        subsets=measure_subsets(*predictions, columns_of(table), threshold=None, **options),
        radiologists=radiologists.compare_table(table, predictions, **options),
        remarks=remarks,
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
