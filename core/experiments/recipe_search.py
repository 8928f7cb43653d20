"""Compare recipes on the validation sets of a cross-validation; test images are not used."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from scipy.special import softmax

from core.errors import UserError
from core.evaluation import calibration
from core.evaluation.predictions import class_indices, log_probabilities, probability_columns
from core.experiments import search_folds
from core.experiments.request import prepare
from core.experiments.search_plan import read_plan
from core.experiments.search_report import Searched, summarise
from core.experiments.starting_weights import NO_WEIGHTS
from core.experiments.tasks import Task, run_here
from core.experiments.tensorflow_import import import_tensorflow
from core.experiments.train import load_initial_weights, train_workspace
from core.files import write_report
from core.recipe import kept_epoch
from core.training.workspace import Workspace, check_same
from core.work_folder import work_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.experiments.request import Prepared, Request
    from core.experiments.search_folds import SearchFolds
    from core.experiments.search_plan import Configuration
    from core.experiments.search_report import SearchReport
    from core.experiments.tasks import Runner
    from core.progress import Progress, Say

REPORT = "report.json"


def search(
    request: Request,
    plan: Path,
    folds: int,
    progress: Progress,
    say: Say,
    *,
    only_folds: Sequence[str] = (),
    train_on: str | None = None,
    run: Runner = run_here,
) -> SearchReport:
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
        only_folds: names of folds that ``request.split`` lists; only their images take part, and each is the
            validation set of a network that was trained on the others.
        train_on: with ``only_folds``, the data set whose images are trained on; None for all.
        run: function that runs the trainings; by default here, one after the other.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    configurations = read_plan(plan)
    with work_folder(request.output, say, resume=request.resume) as work:
        prepared = prepare(request, progress)
        # Splits and networks all at once: what cannot be split or built is refused before hours of training.
        planned = search_folds.plan(prepared, folds, only_folds, train_on)
        report = _search(prepared, planned, configurations, work, run, progress, say)
        write_report(request.output, report)
        shutil.rmtree(work)
        return report


def _search(
    prepared: Prepared,
    planned: SearchFolds,
    configurations: dict[str, Configuration],
    work: Path,
    run: Runner,
    progress: Progress,
    say: Say,
) -> SearchReport:
    for sentence in (prepared.summary(), *planned.remarks):
        say(sentence)
    own = {name: _own(prepared, configuration) for name, configuration in configurations.items()}
    if any(each.weights is prepared.weights for each in own.values()):
        prepared.weights.check_unseen(prepared.index, planned.splits)
    _try_networks(own, planned.class_names, work, progress)
    # Fold by fold, so that an unfinished search has evaluated all its configurations on the same images.
    order = [
        (fold, number, name)
        for fold in range(1, len(planned.splits) + 1)
        for number, name in enumerate(own, start=1)
    ]
    tasks = [
        Task(
            f"Fold {fold} of {len(planned.splits)}, configuration {number} of {len(own)}: {name}",
            _workspace(work, number, fold).folder,
            partial(_validated, configurations[name], planned.class_names, planned.splits[fold - 1]),
        )
        for fold, number, name in order
    ]
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in own}
    for (fold, number, name), table in zip(order, run(prepared, tasks, progress, say), strict=True):
        tables[name].append(table.assign(fold=fold))
        if number == len(own):
            searched = {
                each: Searched(own[each].request.recipe, configurations[each].seed, tables[each])
                for each in own
            }
            report = summarise(prepared, planned, searched)
            write_report(work / REPORT, report)
    return report


def _own(prepared: Prepared, configuration: Configuration) -> Prepared:
    """Return the request with the recipe, weights and seed of one configuration; the splits are drawn."""
    recipe, seed = configuration
    request = prepared.request._replace(recipe=recipe)
    return replace(
        prepared,
        request=request if seed is None else request._replace(seed=seed),
        weights=NO_WEIGHTS if recipe.weights == "none" else prepared.weights,
    )


def _try_networks(
    own: dict[str, Prepared], class_names: tuple[str, ...], work: Path, progress: Progress
) -> None:
    """Build the network of every configuration that has not begun, and load its starting weights.

    Raises:
        UserError: one cannot be built, or the weights do not fit it; the message names the configuration.
    """
    import_tensorflow(progress)
    from core.training import fit  # noqa: PLC0415

    for number, (name, prepared) in enumerate(own.items(), start=1):
        if _workspace(work, number, fold=1).exists:
            continue
        spec = prepared.spec(name, "clean", seed=prepared.request.seed, class_names=class_names)
        try:
            load_initial_weights(fit.initial_network(spec), spec, prepared)
        except UserError as error:
            raise UserError(f"{name!r} in the plan cannot be trained: {error}") from None
        progress("Building the network of each configuration", number, len(own))


def _workspace(work: Path, number: int, fold: int) -> Workspace:
    return Workspace(work / f"{number}-{fold}")


def _validated(
    configuration: Configuration,
    names: tuple[str, ...],
    split: pd.DataFrame,
    shared: Prepared,
    folder: Path,
    progress: Progress,
    say: Say,
) -> pd.DataFrame:
    """Train on a fold unless that is finished, and return the kept epoch's validation predictions."""
    prepared, workspace = _own(shared, configuration), Workspace(folder)
    recipe = prepared.request.recipe
    spec = prepared.spec(folder.name, "clean", seed=prepared.request.seed, class_names=names)
    if len(workspace.history()) == recipe.epochs:
        check_same(folder, workspace.spec(), workspace.split(), spec, split)
    else:
        train_workspace(prepared, spec, split, workspace, progress, say)
    workspace.discard_network()
    history, table = workspace.history(), workspace.validation_by_epoch()
    table = table[table["epoch"] == kept_epoch(history, recipe.keep)].reset_index(drop=True)
    logits = log_probabilities(table, names)
    temperature = calibration.fit_temperature(class_indices(table["true_class"], names), logits)
    table[probability_columns(names)] = softmax(logits / temperature, axis=1)
    table[["group", "source"]] = split.set_index("file")[["group", "source"]].loc[table["file"]].to_numpy()
    return table.assign(seconds=history["seconds"].sum())
