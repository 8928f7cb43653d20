"""Apply a published split, which is read from a file, in place of a random one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import user_table
from core.data.groups import has_conflicting_labels
from core.data.listing import utf8_name
from core.data.provenance import GivenSplit
from core.data.set_names import set_of_name
from core.data.splits import LEFT_OUT, SEEN_SETS, SETS, split_table
from core.data.written_names import Ambiguous, examples, match_files
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from core.data.provenance import Protocol

HASH_DIGITS = 12
# A file name in the split.csv of a bundle that was pushed with --hide-file-names.
_HIDDEN_NAME = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}(-\d+)?")

_WHAT = "the split file"


class SplitFile(NamedTuple):
    """The content of a split file.

    Attributes:
        path: path of the file.
        table: one row per listed file: ``file`` as it is written there, ``set`` (one of ``SETS`` or
            ``LEFT_OUT``).
    """

    path: Path
    table: pd.DataFrame


def read(path: Path) -> SplitFile:
    """Read a split from a table.

    Args:
        path: table with a column of files and one of sets, named as ``user_table.FILE_COLUMNS`` and
            ``user_table.SET_COLUMNS`` have it. ``written_names.match_names`` says how a file may be named; a
            set is train, validation or test in any spelling of ``set_of_name``, or left out. Other columns
            are ignored.

    Raises:
        UserError: the file cannot be read, lacks a column, or has an unknown set.
    """
    needed = "it needs the columns file and set"
    table = user_table.read(path, _WHAT, needed)
    file, column = (
        user_table.find_column(table, names) for names in (user_table.FILE_COLUMNS, user_table.SET_COLUMNS)
    )
    if file is None or column is None:
        raise user_table.missing_columns(table, path, _WHAT, needed)
    known = {name: _set(name) for name in table[column].unique()}
    unknown = [name for name, meant in known.items() if meant is None]
    if unknown:
        row = int(table[column].isin(unknown).argmax())
        raise UserError(
            f"{_WHAT} {path} has the set {table[column].iloc[row]!r} for {table[file].iloc[row]!r}; "
            "write train, validation or test."
        )
    return SplitFile(path, pd.DataFrame({"file": table[file], "set": table[column].map(known)}))


def _set(name: str) -> str | None:
    left_out = re.sub(r"[\W_]", "", name.casefold()) == LEFT_OUT.replace(" ", "")
    return LEFT_OUT if left_out else set_of_name(name)


def is_hidden_name(file: str) -> bool:
    """Return whether a file name is a hash prefix, as ``push --hide-file-names`` writes them."""
    return _HIDDEN_NAME.fullmatch(file) is not None


def split(
    split_file: SplitFile,
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    protocol: Protocol,
    *,
    duplicate_groups: NDArray[np.int64],
    folder_names: Collection[str] = (),
) -> tuple[pd.DataFrame, GivenSplit]:
    """Split the images of an index as a split file lists them; masks and unlisted images are left out.

    ``naive`` uses the split unchanged. ``clean`` keeps the test set, so that results stay comparable, and
    removes from training and validation the images with conflicting labels and those in a group with a test
    image, and from training also those in a group with a validation image.

    Args:
        split_file: split file, from ``read``.
        index: index table, N rows.
        groups: group of each row, int64 [N], from ``core.data.groups.assign_groups`` or ``join_patients``.
        protocol: ``naive`` or ``clean``.
        duplicate_groups: near-duplicate group of each row, int64 [N], not joined with patient ids.
        folder_names: names of the data folder, which may stand before a path.

    Returns:
        The split table, as from ``core.data.splits.split``, and the facts that a bundle records.

    Raises:
        UserError: a file name is unknown, ambiguous or in two sets, or a set lacks one of the classes.
    """
    images = (index["kind"] == "image").to_numpy()
    path, listed = split_file.path, _listed_sets(split_file, index, folder_names)
    sets = np.where(images, listed.fillna(LEFT_OUT), LEFT_OUT).astype(object)
    _check(f"{_WHAT} {path} has", sets, index["class"])
    conflicting = has_conflicting_labels(index, duplicate_groups).to_numpy()
    seen_before = np.isin(sets, SEEN_SETS)
    if protocol == "clean":
        sets[seen_before & conflicting] = LEFT_OUT
        for later, earlier in (("test", SEEN_SETS), ("validation", ("train",))):
            sets[np.isin(sets, earlier) & np.isin(groups, groups[sets == later])] = LEFT_OUT
        _check(f"without near-duplicates the split file {path} leaves", sets, index["class"])
    test, seen = sets == "test", np.isin(sets, SEEN_SETS)
    facts = GivenSplit(
        file=utf8_name(path.name),
        unlisted=int((images & listed.isna().to_numpy()).sum()),
        removed=int((seen_before & ~seen).sum()),
        leaked=int((test & np.isin(groups, groups[seen])).sum()),
        conflicting=int((test & conflicting).sum()),
    )
    return split_table(index, groups, sets), facts


def _listed_sets(split_file: SplitFile, index: pd.DataFrame, folder_names: Collection[str]) -> pd.Series:
    """Return the set of each row of the index, missing where the file does not list it."""
    path, table = split_file
    files = index["file"]
    images = list(files[index["kind"] == "image"])
    found = match_files(list(table["file"]), images, list(files), folder_names)
    unknown = [name for name, one in zip(table["file"], found, strict=True) if one is None]
    if unknown and all(map(is_hidden_name, unknown)):
        raise UserError(
            f"{_WHAT} {path} has hashes in place of file names, because its bundle was pushed "
            "with --hide-file-names; use the split.csv of the local bundle."
        )
    for name, one in zip(table["file"], found, strict=True):
        if isinstance(one, Ambiguous):
            raise UserError(
                f"{_WHAT} {path} lists {name!r}, which may be {one.words()}; write each with its folder."
            )
    if unknown:
        which = "which is" if len(unknown) == 1 else "which are"
        raise UserError(
            f"{_WHAT} {path} lists {examples(unknown)}, {which} not in the data; write paths relative to the "
            "data folder."
        )
    pairs = pd.DataFrame({"file": found, "set": table["set"]}).drop_duplicates()
    twice = pairs.loc[pairs["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"{_WHAT} {path} puts {twice.iloc[0]!r} into two sets; keep one.")
    return files.map(pairs.set_index("file")["set"])


def _check(what: str, sets: NDArray[np.object_], classes: pd.Series) -> None:
    """Raise a UserError if a set lacks a class; ``what`` is the beginning of the message."""
    for name in SETS:
        in_set = sets == name
        if not in_set.any():
            raise UserError(f"{what} no {name} image; each of {', '.join(SETS)} needs some.")
        lacking = set(classes) - set(classes[in_set])
        if lacking:
            raise UserError(
                f"{what} no {name} image of class {min(lacking)!r}; add some to the file, or remove the "
                "folder of the class from the data."
            )
