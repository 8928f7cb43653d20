"""What a search found: each configuration's metrics, for all validation images and by data set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.special import softmax

from core.data.provenance import DataSource
from core.evaluation import paired
from core.evaluation.metrics import weighted_metrics
from core.evaluation.predictions import (
    class_indices,
    log_probabilities,
    probability_columns,
    probability_matrix,
)
from core.evaluation.results import Interval
from core.evaluation.subsets import renormalised
from core.experiments.search_plan import ENSEMBLE
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.evaluation.paired import MeasuredRun
    from core.experiments.request import Prepared
    from core.experiments.search_folds import SearchFolds


class SearchedSource(Strict):
    """Pooled metrics of one configuration on one of several data sets, among the classes that it has."""

    class_names: tuple[str, ...] = Field(description="classes with images; probabilities are renormalised")
    metrics: dict[str, Interval]
    difference: dict[str, Interval] | None = Field(description="to the first configuration, paired")
    auc_by_fold: tuple[float | None, ...] = Field(
        description="AUC on the images of each fold's validation set; None where they are of one class"
    )


class SearchedConfiguration(Strict):
    """Pooled metrics of one configuration: shares, 0-1, and the log loss in nats."""

    recipe: Recipe
    seed: int | None = Field(None, description="seed of its networks, where the plan gives one")
    metrics: dict[str, Interval] = Field(alias="figures")
    difference: dict[str, Interval] | None = Field(
        description="to the first configuration, paired; None for the first itself"
    )
    sources: dict[str, SearchedSource] = Field(
        default_factory=dict,
        description="of several data sets with two classes or more, by name; empty for one",
    )
    seconds: float = Field(ge=0, description="training time of all epochs")


class SearchReport(Strict):
    """Results of a search, as ``train_cli.py search`` writes them."""

    configurations: dict[str, SearchedConfiguration]
    ensemble: dict[str, Interval] = Field(
        description="metrics of the mean logits of all, or of their mean probabilities in older files"
    )
    ensemble_sources: dict[str, SearchedSource] = Field(
        default_factory=dict, description="of the mean logits, on each of several data sets"
    )
    what: str = Field(description="what the metrics were computed on")
    interval: str = Field(description="how the intervals were computed")
    data: DataSource
    predictions: int = Field(ge=1)
    images: int = Field(
        ge=1, alias="pictures", description="an image may be in the validation sets of several folds"
    )
    folds: int = Field(ge=2)
    finished: int = Field(ge=1, description="number of finished folds")
    seed: int
    command: str
    created: str


class Searched(NamedTuple):
    """What one configuration predicted.

    Attributes:
        recipe: its recipe.
        seed: seed of its networks; None for that of the search.
        tables: for each finished fold the validation images: ``file``, ``true_class``, ``group``, ``source``,
            ``fold``, a probability per class, and the ``seconds`` of the training.
    """

    recipe: Recipe
    seed: int | None
    tables: list[pd.DataFrame]


def summarise(prepared: Prepared, planned: SearchFolds, searched: dict[str, Searched]) -> SearchReport:
    """Measure the pooled predictions of each configuration, and those of the mean of their logits.

    Args:
        prepared: images and request of the search.
        planned: its folds.
        searched: predictions by the name of the configuration, all on the same images.
    """
    names, request = planned.class_names, prepared.request
    positive = prepared.positive_class if prepared.positive_class in names else None
    tables = {name: pd.concat(one.tables, ignore_index=True) for name, one in searched.items()}
    first = next(iter(tables.values()))
    mean = np.mean([log_probabilities(table, names) for table in tables.values()], axis=0)
    ensemble = first.copy()
    ensemble[probability_columns(names)] = softmax(mean, axis=1)

    def measure(table: pd.DataFrame, classes: Sequence[str] = names) -> MeasuredRun:
        return paired.measure(
            table,
            class_names=classes,
            positive_class=positive if positive in classes else None,
            seed=request.seed,
        )

    measured = {name: measure(table) for name, table in tables.items()}
    reference = next(iter(measured.values()))
    by_source = _by_source(tables | {ENSEMBLE: ensemble}, names, measure)
    return SearchReport(
        configurations={
            name: SearchedConfiguration(
                recipe=one.recipe,
                seed=one.seed,
                metrics=measured[name].intervals,
                difference=None
                if measured[name] is reference
                else paired.differences(measured[name], reference),
                sources={source: one_source[name] for source, one_source in by_source.items()},
                seconds=sum(float(table["seconds"].iloc[0]) for table in one.tables),
            )
            for name, one in searched.items()
        },
        ensemble=measure(ensemble).intervals,
        ensemble_sources={source: one[ENSEMBLE] for source, one in by_source.items()},
        what=planned.what,
        interval=paired.INTERVAL,
        data=prepared.data,
        predictions=len(first),
        images=int(first["file"].nunique()),
        folds=len(planned.splits),
        finished=int(first["fold"].nunique()),
        seed=request.seed,
        command=request.command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _by_source(
    tables: dict[str, pd.DataFrame],
    names: Sequence[str],
    measure: Callable[[pd.DataFrame, Sequence[str]], MeasuredRun],
) -> dict[str, dict[str, SearchedSource]]:
    """Return, for each of several data sets with two classes or more, results by the name of the table."""
    first = next(iter(tables.values()))
    classes = first.groupby("source")["true_class"].nunique()
    found = {}
    for source in classes.index[classes > 1] if len(classes) > 1 else ():
        parts = {
            name: _among_present(table[table["source"] == source], names) for name, table in tables.items()
        }
        runs = {name: measure(*part) for name, part in parts.items()}
        reference = next(iter(runs.values()))
        found[source] = {
            name: SearchedSource(
                class_names=parts[name][1],
                metrics=run.intervals,
                difference=None if run is reference else paired.differences(run, reference),
                auc_by_fold=tuple(_area(fold, parts[name][1]) for _, fold in parts[name][0].groupby("fold")),
            )
            for name, run in runs.items()
        }
    return found


def _area(table: pd.DataFrame, names: Sequence[str]) -> float | None:
    """Return the AUC among the classes that have images; None where they are of one class."""
    truth, kept, _ = renormalised(class_indices(table["true_class"], names), probability_matrix(table, names))
    areas = weighted_metrics(truth, kept, np.ones((1, len(truth)))).auc
    return float(areas.mean()) if areas.size else None


def _among_present(table: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Restrict predictions to the classes that have images; return these classes too."""
    truth = class_indices(table["true_class"], names)
    _, kept, present = renormalised(truth, probability_matrix(table, names))
    classes = tuple(names[index] for index in present)
    return table.assign(**dict(zip(probability_columns(classes), kept.T, strict=True))), classes
