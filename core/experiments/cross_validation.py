"""Cross-validation: one recipe trained on every fold of the clean split."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.bundle.folder import add_file
from core.bundle.held_out_run import HeldOutFold
from core.bundle.manifest import OUT_OF_FOLD
from core.data import folds as data_folds
from core.errors import UserError
from core.experiments.cross_validation_report import REPORT, NamedFold, out_of_fold, summarise
from core.experiments.domain_comparison import compare_scores
from core.experiments.held_out_limits import measure_limits
from core.experiments.request import prepare
from core.experiments.tasks import Task, run_here
from core.experiments.train import train_task
from core.files import write_report
from core.work_folder import work_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.data.published_split import SplitFile
    from core.experiments.cross_validation_report import CrossValidation
    from core.experiments.request import Prepared, Request
    from core.experiments.tasks import Runner
    from core.progress import Progress, Say


class _PlannedFold(NamedTuple):
    """A fold that is about to be trained: its name, split table, and classes."""

    fold: NamedFold
    split: pd.DataFrame
    class_names: tuple[str, ...]


def cross_validate(
    request: Request,
    folds: int,
    progress: Progress,
    say: Say,
    *,
    hold_out: str | None = None,
    run: Runner = run_here,
) -> CrossValidation:
    """Train a network on each fold of the clean split and pool their test predictions.

    The folds are drawn; or the request's split files list them; or each value of a column is one.

    The folder ``request.output`` gets the bundles ``fold-1`` to ``fold-K``, the table
    ``out_of_fold.parquet``, which each of these bundles holds too, and ``cross_validation.json``. It
    appears by one rename; unfinished work is in the folder with ``.partial`` added.

    Args:
        request: data, recipe and output folder.
        folds: number of drawn folds K, 2 or more.
        progress: function that reports each step.
        say: function that shows the user a message.
        hold_out: ``source``, or a column of the data's tables; each of its values is a fold.
        run: function that runs the trainings; by default here, one after the other.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    with work_folder(request.output, say, resume=request.resume) as work:
        return _cross_validate(request, folds, hold_out, work, run, progress, say)


def _cross_validate(
    request: Request,
    folds: int,
    hold_out: str | None,
    work: Path,
    run: Runner,
    progress: Progress,
    say: Say,
) -> CrossValidation:
    if request.split == "own":
        raise UserError("--split own is a split for train; give a table with a column fold, or --hold-out.")
    files = tuple(map(data_folds.read, request.split))
    prepared = prepare(request, progress)
    planned, remarks = _plan(prepared, files, folds, hold_out)
    prepared.weights.check_unseen(prepared.index, [fold.split for fold in planned])
    say(prepared.summary())
    for remark in remarks:
        say(remark)
    folders = [work / f"fold-{number}" for number in range(1, len(planned) + 1)]
    tasks = []
    for number, (fold, folder) in enumerate(zip(planned, folders, strict=True), start=1):
        of_fold = f": {fold.fold.name}" if fold.fold.name else ""
        name = f"{request.output.name}-fold-{number}"
        held_out = (
            None
            if hold_out is None
            else HeldOutFold(column=hold_out, name=str(fold.fold.name), joined=fold.fold.joined)
        )
        spec = prepared.spec(
            name, "clean", seed=request.seed, class_names=fold.class_names, held_out_fold=held_out
        )
        title = f"Fold {number} of {len(planned)}{of_fold}"
        tasks.append(Task(title, folder, partial(train_task, spec, fold.split)))
    manifests = list(run(prepared, tasks, progress, say))
    table, named = out_of_fold(folders), [each.fold for each in planned]
    table.to_parquet(work / OUT_OF_FOLD, index=False)
    if len({fold.class_names for fold in planned}) == 1:  # a bundle's tables have its own classes
        for folder in folders:
            add_file(folder, work / OUT_OF_FOLD)
    limits = domain = None
    if hold_out is not None:
        limits = measure_limits(table, folders, named)
        domain = compare_scores(folders, [fold.label for fold in named], prepared.folders, progress)
    report = summarise(
        table,
        manifests,
        left_out=prepared.conflicting,
        command=request.command,
        folds=named,
        hold_out=hold_out,
        held_out=limits,
        domain=domain,
        remarks=remarks,
    )
    write_report(work / REPORT, report)
    work.rename(request.output)
    return report


def _plan(
    prepared: Prepared, files: Sequence[SplitFile], count: int, hold_out: str | None
) -> tuple[list[_PlannedFold], tuple[str, ...]]:
    """Return the folds, and sentences on what is left out of their sets."""
    seed, index, groups = prepared.request.seed, prepared.index, prepared.groups
    if hold_out is not None:
        folds = data_folds.by_value(index, groups, hold_out)
    elif files:
        folds = prepared.published_folds(files)
    else:
        drawn = [prepared.split("clean", seed=seed, fold=(k, count)) for k in range(count)]
        return [_PlannedFold(NamedFold(None), split, prepared.class_names) for split in drawn], ()
    planned, remarks = [], data_folds.describe_drawn(folds, seed)
    for fold in folds:
        split = data_folds.split(index, groups, fold, seed=seed, duplicate_groups=prepared.duplicate_groups)
        planned.append(_PlannedFold(NamedFold(fold.name, fold.joined), split.table, split.class_names))
        remarks += data_folds.describe(fold, split)
    return planned, tuple(remarks)
