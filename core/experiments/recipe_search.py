"""Which recipe to take? Several are trained on each fold and judged on validation images alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.special import softmax

from core import files
from core.errors import UserError
from core.evaluation import calibration, paired
from core.evaluation.predictions import class_indices, probability_columns, probability_matrix
from core.experiments.request import NO_WEIGHTS, prepare, work_folder
from core.experiments.train import train_workspace
from core.recipe import Recipe, kept_epoch
from core.schema import Strict, parse
from core.training.workspace import Workspace, check_same

if TYPE_CHECKING:
    from pathlib import Path

    from core.experiments.request import Prepared, Request
    from core.progress import Progress, Say

REPORT = "report.json"

WHAT = (
    "Validation sets only: no test image was predicted. Each image's probabilities are those of the "
    "kept epoch, with the temperature fitted on the same fold's validation set. One fold's validation "
    "images are another fold's test images, so what is chosen here was chosen on these same images."
)


class Plan(Strict):
    """What a search tries: a recipe, and by name what is changed in it, one configuration after another."""

    recipe: dict[str, Any] = Field(description="what every configuration has in common")
    configurations: dict[str, dict[str, Any]] = Field(min_length=1, description="fields that differ")


def read_plan(path: Path) -> dict[str, Recipe]:
    """Read a plan, a JSON file, and return its recipes by the names of their configurations.

    Raises:
        UserError: there is no such file, or it is no plan, or a recipe in it is not valid.
    """
    try:
        plan = parse(Plan, path.read_bytes(), what=f"the plan {path}")
    except OSError as error:
        raise UserError(f"the plan {path} cannot be read: {error.strerror or error}.") from None
    recipes = {}
    for name, changes in plan.configurations.items():
        named = {"name": name}
        try:
            recipes[name] = parse(Recipe, plan.recipe | changes | named, what=f"{name!r} in the plan {path}")
        except UserError:
            # The mistake may be in what all have in common.
            parse(Recipe, plan.recipe | named, what=f"'recipe' in the plan {path}")
            raise
    for name, recipe in recipes.items():
        if recipe.weights not in {"imagenet", "none"}:
            raise UserError(
                f"{name!r} in the plan {path} names the weights {recipe.weights!r}; write imagenet or none "
                "there, and give a file or bundle to all configurations with --weights."
            )
    return recipes


def search(request: Request, plan: Path, folds: int, progress: Progress, say: Say) -> dict[str, Any]:
    """Train each recipe of a plan on the training set of each fold and measure it on the validation set.

    The test sets take no part. ``request.output`` is the JSON file of the report; the work stands in the
    folder with ``.partial`` added, which is removed at the end. After every fold it has the report so far.

    Args:
        request: what to do, apart from the recipe. Its weights are those of every configuration whose
            recipe has any.
        plan: for ``read_plan``.
        folds: of the clean split, 2 or more; all are used.
        progress: told of every step.
        say: told what the user should read before the work goes on.

    Returns:
        The report: ``configurations`` by name, each with its recipe, its pooled ``figures`` (shares 0-1; the
        log loss in nats) with intervals, the ``difference`` to the first configuration (None for the first
        itself), and the ``seconds`` that its epochs took; ``ensemble``, the figures of all configurations'
        mean probabilities; ``folds`` and how many of them are ``finished``; ``predictions``, and of how many
        ``images``: one may stand in the validation set of more than one fold.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    recipes = read_plan(plan)
    work = work_folder(request)
    prepared = prepare(request, progress)
    say(prepared.summary())
    own = {
        name: replace(
            prepared,
            request=request._replace(recipe=recipe),
            weights=NO_WEIGHTS if recipe.weights == "none" else prepared.weights,
        )
        for name, recipe in recipes.items()
    }
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in recipes}
    report: dict[str, Any] = {}
    # Fold by fold, so that an unfinished search has seen all its configurations on the same images.
    for k in range(folds):
        for number, name in enumerate(recipes, start=1):
            say(f"Fold {k + 1} of {folds}, configuration {number} of {len(recipes)}: {name}.")
            parts[name].append(_validated(own[name], work / f"{number}-{k + 1}", (k, folds), progress, say))
        report = _report(own, parts, folds)
        files.write_report(work / REPORT, report)
    request.output.parent.mkdir(parents=True, exist_ok=True)
    files.write_report(request.output, report)
    shutil.rmtree(work)
    return report


def _report(own: dict[str, Prepared], parts: dict[str, list[pd.DataFrame]], folds: int) -> dict[str, Any]:
    tables = {name: pd.concat(each, ignore_index=True) for name, each in parts.items()}
    prepared, first = next(iter(own.values())), next(iter(tables.values()))
    request = prepared.request
    columns = probability_columns(prepared.class_names)
    mean = first.assign(**{name: sum(t[name] for t in tables.values()) / len(tables) for name in columns})
    subject = paired.Subject(prepared.class_names, prepared.positive_class, request.seed)
    measured = {name: paired.measure(subject, table) for name, table in tables.items()}
    reference = next(iter(measured.values()))
    return {
        "configurations": {
            name: {
                "recipe": own[name].spec(name, "clean", seed=request.seed).recipe.model_dump(mode="json"),
                "figures": paired.figures(figures),
                "difference": None if figures is reference else paired.differences(figures, reference),
                "seconds": sum(float(part["seconds"].iloc[0]) for part in parts[name]),
            }
            for name, figures in measured.items()
        },
        "ensemble": paired.figures(paired.measure(subject, mean)),
        "what": WHAT,
        "interval": paired.INTERVAL,
        "data": prepared.data.model_dump(mode="json"),
        "predictions": len(first),
        "pictures": int(first["file"].nunique()),
        "folds": folds,
        "finished": int(first["fold"].nunique()),
        "seed": request.seed,
        "command": request.command,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _validated(
    prepared: Prepared, folder: Path, fold: tuple[int, int], progress: Progress, say: Say
) -> pd.DataFrame:
    """Train on a fold unless that is done, and return what the kept epoch says of its validation set."""
    seed, names, recipe = prepared.request.seed, prepared.class_names, prepared.request.recipe
    split = prepared.split("clean", seed=seed, fold=fold)
    spec, workspace = prepared.spec(folder.name, "clean", seed=seed), Workspace(folder)
    if len(workspace.history()) == recipe.epochs:
        check_same(folder, workspace.spec(), workspace.split(), spec, split)
    else:
        train_workspace(prepared, spec, split, workspace, progress, say)
    workspace.discard_network()
    history, table = workspace.history(), workspace.validation_by_epoch()
    table = table[table["epoch"] == kept_epoch(history, recipe.keep)].reset_index(drop=True)
    logits = np.log(np.maximum(probability_matrix(table, names), np.finfo(np.float32).tiny))
    temperature = calibration.fit_temperature(class_indices(table["true_class"], names), logits)
    table[probability_columns(names)] = softmax(logits / temperature, axis=1)
    table["group"] = split.set_index("file")["group"].loc[table["file"]].to_numpy()
    return table.assign(fold=fold[0] + 1, seconds=history["seconds"].sum())
