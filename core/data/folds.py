"""Folds of a cross-validation that are not drawn: one for each value of a column, or as published."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import published_split, splits, user_table
from core.data.groups import has_conflicting_labels
from core.data.index import COLUMNS
from core.data.label_rows import FURTHER, unified
from core.data.provenance import MAX_NAME, MAX_PARTS
from core.data.published_split import WHAT, SplitFile
from core.data.written_names import examples, first_few
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SOURCE = "source"
SMALLEST_FOLD = 50  # patients, or groups where patients are not known
OTHER = "other"
_SHOWN = 10  # values that a message lists


class Fold(NamedTuple):
    """The images that one network is tested on.

    Attributes:
        name: value of the column, or the name of the fold.
        test: whether each row of the index is tested, bool [N].
        joined: the values that ``other`` stands for; empty for another fold.
        drawn: data sets that the tables of published folds do not list, whose images of this fold are drawn.
    """

    name: str
    test: NDArray[np.bool_]
    joined: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()


class FoldSplit(NamedTuple):
    """The split of one fold.

    Attributes:
        table: split table, as from ``core.data.splits.split``, without files of classes that the network does
            not have.
        class_names: classes of the training set, in alphabetical order: those of the fold's network.
        shared: images that are left out of training because their group has a test image.
        untested: test images, by class, of classes that the network does not have.
    """

    table: pd.DataFrame
    class_names: tuple[str, ...]
    shared: tuple[str, ...]
    untested: dict[str, int]


def by_value(index: pd.DataFrame, groups: NDArray[np.int64], column: str) -> list[Fold]:
    """Return one fold for each value of a column.

    Values of fewer than ``SMALLEST_FOLD`` groups are joined to one fold, with the smallest of the others
    where they are too few together. A data set without the column counts as one value, its name. In a data
    set that has the column, images without a value are never tested.

    Args:
        index: index table, N rows.
        groups: group of each row, int64 [N].
        column: ``source``, or a column of the tables that come with the data, in any spelling.

    Raises:
        UserError: there is no such column, or fewer than two folds.
    """
    images = (index["kind"] == "image").to_numpy()
    values = index[SOURCE] if column == SOURCE else _values(index, column)
    values = values.where(images & (values != ""))
    sizes = pd.Series(groups, index.index).groupby(values).nunique()
    ordered = sizes.sort_values(kind="stable")
    before = ordered.cumsum().shift(fill_value=0)  # groups in all smaller values together
    small = sorted(ordered.index[(ordered < SMALLEST_FOLD) | ((before > 0) & (before < SMALLEST_FOLD))])
    names = [str(name) for name in sorted(set(sizes.index) - set(small))]
    _check_values(column, names, small)
    folds = [Fold(name, (values == name).to_numpy()) for name in names]
    if small:
        name = OTHER
        while name in names:
            name = f"{name} values"
        folds.append(Fold(name, values.isin(small).to_numpy(), tuple(map(str, small))))
    if len(folds) < 2:  # noqa: PLR2004
        found = first_few([f"{name} ({count})" for name, count in sizes.items()], _SHOWN)
        raise UserError(
            f"--hold-out {column} needs two values with at least {SMALLEST_FOLD} patients each (groups of "
            f"images where patients are not known); found {', '.join(found) or 'none'}."
        )
    return folds


def _check_values(column: str, names: Sequence[str], small: Sequence[str]) -> None:
    """Refuse a column that tells no sources apart, or whose values no report has room for."""
    if max(len(names) + 1, len(small)) > MAX_PARTS:
        raise UserError(
            f"--hold-out {column} has {len(names) + len(small)} values, and a report has room for "
            f"{MAX_PARTS}; give a column of machines, hospitals or the like."
        )
    if long := [name for name in (column, *names, *small) if len(name) > MAX_NAME]:
        raise UserError(
            f"--hold-out has a name or value of {len(long[0])} characters, {long[0][:40]}…; shorten it to "
            f"{MAX_NAME} in the table."
        )


def read(path: Path) -> SplitFile:
    """Read a table with a column of files and one of folds, named as ``user_table.FOLD_COLUMNS`` has it.

    A column of sets, such as a published validation set, is not used.

    Raises:
        UserError: the file cannot be read, lacks a column, or an image has no fold.
    """
    needed = "it needs the columns file and fold"
    file, fold = user_table.read_by_file(path, WHAT, needed, user_table.FOLD_COLUMNS)
    fold = unified(fold)
    if (fold == "").any():
        raise UserError(f"{WHAT} {path} has no fold for {file[fold == ''].iloc[0]!r}; add one.")
    return SplitFile(path, pd.DataFrame({"file": file, "set": fold}))


def as_published(
    files: Sequence[SplitFile],
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    *,
    seed: int,
    folder_names: Collection[str],
    left_out: Collection[str],
) -> list[Fold]:
    """Return the folds that tables list; data sets that none of them lists bring drawn folds.

    Args:
        files: tables, from ``read``.
        index: index table, N rows.
        groups: group of each row, int64 [N].
        seed: random seed of the drawn folds.
        folder_names: names of the data folder, which may stand before a path.
        left_out: files of the data that are not in the index, which a table may list.

    Raises:
        UserError: a file name is unknown or ambiguous, an image of a listed data set is not listed, or there
            is only one fold.
    """
    listed = published_split.listed_sets(files, index, folder_names, left_out)
    images = index["kind"] == "image"
    listed = listed.where(images)
    names = sorted(listed.dropna().unique(), key=lambda name: (len(name), name))
    if len(names) < 2:  # noqa: PLR2004
        raise UserError(f"{WHAT} {files[0].path} has one fold only; a cross-validation needs two or more.")
    has_folds = listed.notna().groupby(index[SOURCE]).transform("any")
    if missing := list(index["file"][images & has_folds & listed.isna()]):
        raise UserError(
            f"{WHAT} {' and '.join(str(file.path) for file in files)} has no fold for {examples(missing)}; "
            "add them, or remove the images."
        )
    unlisted = sorted(index[SOURCE][images & ~has_folds].unique())
    for source in unlisted:
        rows = (images & (index[SOURCE] == source)).to_numpy()
        of_source = index.assign(group=groups)[rows]
        try:
            drawn = splits.draw_folds(of_source, len(names), seed, grouped=True)
        except UserError as error:
            raise UserError(f"{WHAT} has no folds of {source}, and none can be drawn: {error}") from None
        listed[rows] = np.array(names, object)[drawn]
    return [Fold(name, (listed == name).to_numpy(), drawn=tuple(unlisted)) for name in names]


def split(
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    fold: Fold,
    *,
    seed: int,
    duplicate_groups: NDArray[np.int64],
) -> FoldSplit:
    """Split the images into the fold's test set, and training and validation set of the rest.

    Images with conflicting labels are left out, and so are, in front of training, all images of a group with
    a test image. An eighth of the rest is the validation set, drawn by group.

    Args:
        index: index table, N rows.
        groups: group of each row, int64 [N].
        fold: the fold.
        seed: random seed of the validation set.
        duplicate_groups: near-duplicate group of each row, int64 [N], not joined with patient ids.

    Raises:
        UserError: the rest has fewer than two classes or too few groups, or no test image is left.
    """
    used = (index["kind"] == "image").to_numpy() & ~has_conflicting_labels(index, duplicate_groups).to_numpy()
    test = used & fold.test
    rest = used & ~fold.test
    shared = rest & np.isin(groups, groups[test])
    training = np.flatnonzero(rest & ~shared)
    class_names = tuple(sorted(set(index["class"].iloc[training])))
    if len(class_names) < 2:  # noqa: PLR2004
        raise UserError(
            f"without {fold.name} the training images are all of class {', '.join(class_names) or 'none'}; "
            "add a data set with the other classes."
        )
    known = index["class"].isin(class_names).to_numpy()
    untested = index["class"][test & ~known].value_counts().sort_index()
    if not (test & known).any():
        raise UserError(
            f"{fold.name} has no image of the classes {', '.join(class_names)} to be tested; leave it out, "
            "or add a data set with its classes."
        )
    sets = np.full(len(index), splits.LEFT_OUT, object)
    sets[test & known] = "test"
    sets[training] = "train"
    of_training = index.assign(group=groups).iloc[training]
    try:
        sets[training[splits.draw_validation(of_training, seed, grouped=True)]] = "validation"
    except UserError as error:
        raise UserError(f"no validation set can be drawn for fold {fold.name}: {error}") from None
    return FoldSplit(
        splits.split_table(index, groups, sets)[index["class"].isin(class_names)],
        class_names,
        tuple(index["file"][shared]),
        {str(name): int(count) for name, count in untested.items()},
    )


def describe_drawn(folds: Sequence[Fold], seed: int) -> list[str]:
    """Return a sentence on data sets whose folds are drawn where others' are published; none without such."""
    if not (drawn := folds[0].drawn):
        return []
    names = " and ".join(drawn)
    return [
        f"The tables list no folds of {names}: they are drawn with seed {seed}, and other seeds draw others."
    ]


def describe(fold: Fold, split: FoldSplit) -> list[str]:
    """Return sentences on what is left out of a fold's sets."""
    said = []
    if fold.joined:
        values = " and ".join(first_few(fold.joined, _SHOWN))
        said.append(
            f"{fold.name} stands for {values}, so that no fold has fewer than {SMALLEST_FOLD} patients."
        )
    if split.shared:
        count = len(split.shared)
        said.append(
            f"{count} image{'s' if count > 1 else ''} of patients or near-duplicates in {fold.name} "
            f"{'are' if count > 1 else 'is'} left out of training: {examples(list(split.shared))}."
        )
    said += [
        f"{count} {name} images of {fold.name} are not tested: no other data set has the class to train on."
        for name, count in split.untested.items()
    ]
    return said


def _values(index: pd.DataFrame, column: str) -> pd.Series:
    """Return the values of a column of the tables; the name of the data set where it has none at all."""
    names = {name.removeprefix(FURTHER): name for name in index.columns if name not in COLUMNS}
    found = user_table.find_column(names, (column,))
    if found is None:
        raise UserError(
            f"no table of the data has a column {column!r}; give source"
            + (f" or one of {', '.join(sorted(names))}." if names else ".")
        )
    values = index[names[found]].fillna("").astype(str)
    has_any = (values != "").groupby(index[SOURCE]).transform("any")
    return values.where(has_any, index[SOURCE])
