"""Compare recipes on the validation sets of a cross-validation; test images are not used."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.special import softmax

from core.data.provenance import DataSource
from core.errors import UserError
from core.evaluation import calibration, paired
from core.evaluation.predictions import class_indices, probability_columns, probability_matrix
from core.evaluation.results import Interval
from core.experiments.request import prepare
from core.experiments.search_plan import read_plan
from core.experiments.starting_weights import NO_WEIGHTS
from core.experiments.tensorflow_import import import_tensorflow
from core.experiments.train import load_initial_weights, train_workspace
from core.experiments.work_folder import work_folder
from core.files import write_report
from core.recipe import Recipe, kept_epoch
from core.schema import Strict
from core.training.workspace import Workspace, check_same

if TYPE_CHECKING:
    from pathlib import Path

    from core.experiments.request import Prepared, Request
    from core.progress import Progress, Say

REPORT = "report.json"

WHAT = (
    "Validation sets only; test images were not used. Probabilities are those of the kept epoch, with the "
    "temperature fitted on the same fold's validation set. One fold's validation images are another fold's "
    "test images, so a cross-validation of the chosen recipe tests on images that helped to choose it."
)


class SearchedConfiguration(Strict):
    """Pooled metrics of one configuration: shares, 0-1, and the log loss in nats."""

    recipe: Recipe
    metrics: dict[str, Interval] = Field(alias="figures")
    difference: dict[str, Interval] | None = Field(
        description="to the first configuration, paired; None for the first itself"
    )
    seconds: float = Field(ge=0, description="training time of all epochs")


class SearchReport(Strict):
    """Results of a search, as ``train_cli.py search`` writes them."""

    configurations: dict[str, SearchedConfiguration]
    ensemble: dict[str, Interval] = Field(description="metrics of the mean probabilities of all")
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


def search(request: Request, plan: Path, folds: int, progress: Progress, say: Say) -> SearchReport:
    """Train each recipe of a plan on the training set of each fold and evaluate it on the validation set.

    Test images are not used. ``request.output`` is the JSON file of the report; unfinished work is in the
    folder with ``.partial`` added, which holds the report so far and is removed at the end.

    Args:
        request: data, weights and output; its recipe is not used. Its weights are those of every
            configuration whose recipe has any.
        plan: JSON file for ``core.experiments.search_plan.read_plan``.
        folds: number of folds of the clean split, 2 or more.
        progress: function that reports each step.
        say: function that shows the user a message.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    recipes = read_plan(plan)
    with work_folder(request, say) as work:
        return _search(request, recipes, folds, work, progress, say)


def _search(
    request: Request, recipes: dict[str, Recipe], folds: int, work: Path, progress: Progress, say: Say
) -> SearchReport:
    prepared = prepare(request, progress)
    # Splits and networks all at once: what cannot be split or built is refused before hours of training.
    splits = [prepared.split("clean", seed=request.seed, fold=(k, folds)) for k in range(folds)]
    say(prepared.summary())
    own = {
        name: replace(
            prepared,
            request=request._replace(recipe=recipe),
            weights=NO_WEIGHTS if recipe.weights == "none" else prepared.weights,
        )
        for name, recipe in recipes.items()
    }
    if any(each.weights is prepared.weights for each in own.values()):
        prepared.weights.check_unseen(prepared.index, splits)
    _try_networks(own, work, progress)
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in recipes}
    # Fold by fold, so that an unfinished search has evaluated all its configurations on the same images.
    for fold, split in enumerate(splits, start=1):
        for number, name in enumerate(recipes, start=1):
            say(f"Fold {fold} of {folds}, configuration {number} of {len(recipes)}: {name}.")
            table = _validated(own[name], split, _workspace(work, number, fold), progress, say)
            tables[name].append(table.assign(fold=fold))
        report = _report(own, tables, folds)
        write_report(work / REPORT, report)
    write_report(request.output, report)
    shutil.rmtree(work)
    return report


def _try_networks(own: dict[str, Prepared], work: Path, progress: Progress) -> None:
    """Build the network of every configuration that has not begun, and load its starting weights.

    Raises:
        UserError: one cannot be built, or the weights do not fit it; the message names the configuration.
    """
    import_tensorflow(progress)
    from core.training import fit  # noqa: PLC0415

    for number, (name, prepared) in enumerate(own.items(), start=1):
        if _workspace(work, number, fold=1).exists:
            continue
        spec = prepared.spec(name, "clean", seed=prepared.request.seed)
        try:
            load_initial_weights(fit.initial_network(spec), spec, prepared)
        except UserError as error:
            raise UserError(f"{name!r} in the plan cannot be trained: {error}") from None
        progress("Building the network of each configuration", number, len(own))


def _workspace(work: Path, number: int, fold: int) -> Workspace:
    return Workspace(work / f"{number}-{fold}")


def _report(own: dict[str, Prepared], by_fold: dict[str, list[pd.DataFrame]], folds: int) -> SearchReport:
    tables = {name: pd.concat(each, ignore_index=True) for name, each in by_fold.items()}
    prepared, first = next(iter(own.values())), next(iter(tables.values()))
    request = prepared.request
    columns = probability_columns(prepared.class_names)
    mean = first.assign(**{name: sum(t[name] for t in tables.values()) / len(tables) for name in columns})

    def measure(table: pd.DataFrame) -> paired.MeasuredRun:
        return paired.measure(
            table,
            class_names=prepared.class_names,
            positive_class=prepared.positive_class,
            seed=request.seed,
        )

    measured = {name: measure(table) for name, table in tables.items()}
    reference = next(iter(measured.values()))
    return SearchReport(
        configurations={
            name: SearchedConfiguration(
                recipe=own[name].spec(name, "clean", seed=request.seed).recipe,
                metrics=run.intervals,
                difference=None if run is reference else paired.differences(run, reference),
                seconds=sum(float(fold["seconds"].iloc[0]) for fold in by_fold[name]),
            )
            for name, run in measured.items()
        },
        ensemble=measure(mean).intervals,
        what=WHAT,
        interval=paired.INTERVAL,
        data=prepared.data,
        predictions=len(first),
        images=int(first["file"].nunique()),
        folds=folds,
        finished=int(first["fold"].nunique()),
        seed=request.seed,
        command=request.command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _validated(
    prepared: Prepared, split: pd.DataFrame, workspace: Workspace, progress: Progress, say: Say
) -> pd.DataFrame:
    """Train on a fold unless that is finished, and return the kept epoch's validation predictions."""
    seed, names, recipe = prepared.request.seed, prepared.class_names, prepared.request.recipe
    spec = prepared.spec(workspace.folder.name, "clean", seed=seed)
    if len(workspace.history()) == recipe.epochs:
        check_same(workspace.folder, workspace.spec(), workspace.split(), spec, split)
    else:
        train_workspace(prepared, spec, split, workspace, progress, say)
    workspace.discard_network()
    history, table = workspace.history(), workspace.validation_by_epoch()
    table = table[table["epoch"] == kept_epoch(history, recipe.keep)].reset_index(drop=True)
    logits = np.log(np.maximum(probability_matrix(table, names), np.finfo(np.float32).tiny))
    temperature = calibration.fit_temperature(class_indices(table["true_class"], names), logits)
    table[probability_columns(names)] = softmax(logits / temperature, axis=1)
    table["group"] = split.set_index("file")["group"].loc[table["file"]].to_numpy()
    return table.assign(seconds=history["seconds"].sum())
