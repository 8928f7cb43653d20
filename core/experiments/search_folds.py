"""The training and validation sets of a search: of drawn folds, or within some of the published folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data import folds as data_folds
from core.data import splits
from core.data.groups import has_conflicting_labels
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from core.data.folds import Fold
    from core.experiments.request import Prepared

DRAWN = (
    "Validation sets only; test images were not used. Probabilities are those of the kept epoch, with the "
    "temperature fitted on the same fold's validation set. One fold's validation images are another fold's "
    "test images, so a cross-validation of the chosen recipe tests on images that helped to choose it."
)
WITHIN = (
    "Within the folds {folds} alone: each is the validation set of a network that was trained on {trained}. "
    "No image of another fold took part: there a cross-validation with the same folds tests on new images, "
    "and in these folds on images that helped to choose. Probabilities are those of the kept epoch, with the "
    "temperature fitted on the same validation set."
)


class SearchFolds(NamedTuple):
    """The sets of a search.

    Attributes:
        splits: split table of each fold.
        class_names: classes of the training sets.
        what: what the results were measured on.
        remarks: sentences on folds that are drawn.
    """

    splits: list[pd.DataFrame]
    class_names: tuple[str, ...]
    what: str
    remarks: tuple[str, ...] = ()


def plan(prepared: Prepared, count: int, only: Sequence[str], train_on: str | None) -> SearchFolds:
    """Return the training and validation set of each fold of a search.

    Args:
        prepared: images, and a request with the tables of published folds where ``only`` names some.
        count: number of drawn folds, where ``only`` is empty.
        only: names of published folds; the images of all others take no part.
        train_on: data set whose images are trained on, with ``only``; None for all.

    Raises:
        UserError: folds, or a data set, are unknown; or a set would lack a class or be empty.
    """
    seed = prepared.request.seed
    if not only:
        if train_on is not None or prepared.request.split:
            raise UserError(
                "--split and --train-on of a search need --only-folds, such as --only-folds 1,2,3."
            )
        drawn = [prepared.split("clean", seed=seed, fold=(k, count)) for k in range(count)]
        return SearchFolds(drawn, prepared.class_names, DRAWN)
    if not prepared.request.split or prepared.request.split == "own":
        raise UserError("--only-folds needs --split FILE, the table that lists the folds.")
    folds = prepared.published_folds(tuple(map(data_folds.read, prepared.request.split)))
    chosen = _named(folds, only)
    sources = prepared.index["source"]
    if train_on is not None and train_on not in set(sources):
        raise UserError(f"there is no data set {train_on!r}; give one of {', '.join(sorted(set(sources)))}.")
    images = (prepared.index["kind"] == "image").to_numpy()
    conflicting = has_conflicting_labels(prepared.index, prepared.duplicate_groups).to_numpy()
    searched = images & ~conflicting & np.any([fold.test for fold in chosen], axis=0)
    set_aside = images & np.any([fold.test for fold in folds if fold.name not in only], axis=0)
    # A near-duplicate, or another image of the same patient, of what is set aside for the end.
    shared = searched & np.isin(prepared.groups, prepared.groups[set_aside])
    searched &= ~shared
    trained = searched & (True if train_on is None else (sources == train_on).to_numpy())
    names = tuple(sorted(set(prepared.index["class"][trained])))
    return SearchFolds(
        [_split(prepared, fold, searched, trained, names) for fold in chosen],
        names,
        WITHIN.format(
            folds=", ".join(only),
            trained="the others of them" if train_on is None else f"the others' images of {train_on}",
        ),
        (
            *data_folds.describe_drawn(folds, seed),
            *(
                [f"{int(shared.sum())} images with a patient or near-duplicate in another fold are left out."]
                if shared.any()
                else []
            ),
        ),
    )


def _named(folds: Sequence[Fold], only: Sequence[str]) -> list[Fold]:
    by_name = {fold.name: fold for fold in folds}
    if len(set(only)) != len(only) or len(only) < 2:  # noqa: PLR2004
        raise UserError(f"--only-folds {','.join(only)} must name two different folds or more.")
    if unknown := [name for name in only if name not in by_name]:
        raise UserError(f"there is no fold {unknown[0]!r}; the table has the folds {', '.join(by_name)}.")
    if len(only) == len(folds):
        raise UserError("--only-folds names all folds; leave out at least one, to test on in the end.")
    return [by_name[name] for name in only]


def _split(
    prepared: Prepared,
    fold: Fold,
    searched: np.ndarray,
    trained: np.ndarray,
    class_names: tuple[str, ...],
) -> pd.DataFrame:
    index, groups = prepared.index, prepared.groups
    validation = searched & fold.test & index["class"].isin(class_names).to_numpy()
    training = trained & ~fold.test & ~np.isin(groups, groups[searched & fold.test])
    for rows, what in ((training, "trained on without it"), (validation, "validated in it")):
        missing = sorted(set(class_names) - set(index["class"][rows]))
        if missing or len(class_names) < 2:  # noqa: PLR2004
            raise UserError(
                f"fold {fold.name} cannot be searched in: no image of the class "
                f"{missing[0] if missing else 'other than ' + ''.join(class_names)} can be {what}."
            )
    sets = np.full(len(index), splits.LEFT_OUT, object)
    sets[training] = "train"
    sets[validation] = "validation"
    return splits.split_table(index, groups, sets)[index["class"].isin(class_names)]
