"""Finished runs with held-out sources that a training takes its limits from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.folder import open_bundle
from core.bundle.held_out_run import MAX_RUNS, HeldOutRun
from core.bundle.manifest import SPLIT
from core.bundle.stored_subsets import MAX_SUBSET_BYTES, storable
from core.errors import UserError
from core.experiments.cross_validation_report import REPORT, CrossValidation, out_of_fold
from core.experiments.held_out_limits import choose_without
from core.schema import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.experiments.request import Prepared
    from core.recipe import Recipe


def load(folders: Sequence[Path], prepared: Prepared, split: pd.DataFrame) -> tuple[HeldOutRun, ...]:
    """Read finished runs, and check that they measured the recipe, data and classes of a training.

    The limits are chosen again, without the images that the training tests.

    Args:
        folders: output folders of ``cross-validate --hold-out``.
        prepared: request, images and weights of the training.
        split: split table of the training.

    Raises:
        UserError: a folder holds no such run, or one of another recipe, other data or other classes.
    """
    named = [folder.resolve() for folder in folders]
    if twice := next((folder for folder in named if named.count(folder) > 1), None):
        raise UserError(f"--limits names {twice} more than once; give each run once.")
    if len(named) > MAX_RUNS:
        raise UserError(f"--limits names {len(named)} runs, and a bundle has room for {MAX_RUNS}.")
    tested = set(split["sha256"][split["set"] == "test"])
    room = MAX_SUBSET_BYTES // max(len(folders), 1)
    return tuple(_load(folder, prepared, tested, room) for folder in folders)


def _load(folder: Path, prepared: Prepared, tested: set[str], room: int) -> HeldOutRun:
    if not (folder / REPORT).is_file():
        raise UserError(
            f"--limits {folder} holds no finished cross-validation; give the --output folder of "
            "cross-validate --hold-out."
        )
    report = parse(CrossValidation, (folder / REPORT).read_bytes(), what=str(folder / REPORT))
    if report.hold_out is None or report.held_out is None:
        raise UserError(
            f"--limits {folder} is a cross-validation without limits by held-out source; run cross-validate "
            "with --hold-out source, or a column such as device."
        )
    wanted = prepared.request.recipe.overridden(weights=prepared.weights.name)
    if different := _differences(report.recipe, wanted):
        raise UserError(
            f"--limits {folder} was run with another recipe: {', '.join(different)} differ; give the same "
            "recipe to both commands."
        )
    measured, given = _images(folder, report.folds), set(_keys(prepared.index))
    if measured != given:
        raise UserError(
            f"--limits {folder} was run on other data, {report.data.name}: {len(given - measured)} images of "
            f"the training are not in it, and {len(measured - given)} of its images are not in the training; "
            "give the same data to both commands."
        )
    if (report.positive_class, report.grouping) != (prepared.positive_class, prepared.grouping):
        raise UserError(
            f"--limits {folder} has the positive class {report.positive_class} and groups by "
            f"{report.grouping}, the training {prepared.positive_class} and {prepared.grouping}; give "
            "--positive-class and --groups to both commands alike."
        )
    folds = [folder / f"fold-{number}" for number in range(1, report.folds + 1)]
    limits = choose_without(out_of_fold(folds), folds, tested)
    fields = {
        "hold_out": report.hold_out,
        "limits": report.held_out.model_copy(update={"limits": limits}),
        "subsets": storable(report.subsets, room),
        "domain": report.domain,
        "created": report.created,
        "command": report.command,
    }
    return parse(HeldOutRun, fields, what=f"--limits {folder}")


def _differences(one: Recipe, other: Recipe) -> list[str]:
    """Return the fields in which two recipes differ, apart from their names."""
    fields = one.model_dump().items()
    others = other.model_dump()
    return [name for name, value in fields if name != "name" and value != others[name]]


def _images(folder: Path, folds: int) -> set[tuple[str, str]]:
    """Return hash and class of each image of a run; a fold's table lacks classes that its network has not."""
    tables = (open_bundle(folder / f"fold-{number}").table(SPLIT) for number in range(1, folds + 1))
    return {key for table in tables for key in _keys(table)}


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    images = table[table["kind"] == "image"]
    return list(zip(images["sha256"], images["class"], strict=True))
