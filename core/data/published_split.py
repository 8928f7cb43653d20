"""Apply a published split, which is read from a file, in place of a random one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import user_csv
from core.data.groups import has_conflicting_labels
from core.data.listing import utf8_name
from core.data.provenance import GivenSplit
from core.data.splits import LEFT_OUT, SEEN_SETS, SETS, split_table
from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.data.provenance import Protocol

HASH_DIGITS = 12
# A file name in the split.csv of a bundle that was pushed with --hide-file-names.
_HIDDEN_NAME = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}(-\d+)?")

# Column names of a bundle's split.csv first, then those of published lists.
_FILE = ("file", "busi_file")
_SET = ("part", "split")
_SET_NAMES = {name: name for name in (*SETS, LEFT_OUT)} | {"val": "validation"}


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
    """Read a split from a CSV file.

    Args:
        path: CSV file with the columns ``file`` (or ``busi_file``) and ``part`` (or ``split``). A file is
            named by its path relative to the data folder, or by its bare name if that is unique; a set is
            train, validation (or val), test, or left out. Other columns are ignored.

    Raises:
        UserError: the file cannot be read, lacks a column, or has an unknown set.
    """
    needed = "it needs the columns file and part, or busi_file and split"
    table = user_csv.read(path, "the split file", needed)
    file, column = (next((name for name in names if name in table), None) for names in (_FILE, _SET))
    if file is None or column is None:
        raise UserError(f"the split file {path} lacks a column; {needed}.")
    sets = table[column].str.strip().str.lower().map(_SET_NAMES)
    if sets.isna().any():
        row = int(sets.isna().argmax())
        raise UserError(
            f"the split file {path} has the set {table[column].iloc[row]!r} for {table[file].iloc[row]!r}; "
            "write train, validation or test."
        )
    return SplitFile(path, pd.DataFrame({"file": table[file], "set": sets}))


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

    Returns:
        The split table, as from ``core.data.splits.split``, and the facts that a bundle records.

    Raises:
        UserError: a file name is unknown, ambiguous or in two sets, or a set lacks one of the classes.
    """
    images = (index["kind"] == "image").to_numpy()
    path, listed = split_file.path, _listed_sets(split_file, index)
    sets = np.where(images, listed.fillna(LEFT_OUT), LEFT_OUT).astype(object)
    _check(f"the split file {path} has", sets, index["class"])
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


def _listed_sets(split_file: SplitFile, index: pd.DataFrame) -> pd.Series:
    """Return the set of each row of the index, missing where the file does not list it."""
    path, table = split_file
    files = index["file"]
    bare = files.str.rpartition("/")[2]
    by_name = {
        **files[~bare.duplicated(keep=False)].groupby(bare).first(),
        **dict(zip(files, files, strict=True)),
    }
    found = table["file"].map(by_name)
    unknown = table.loc[found.isna(), "file"]
    if len(unknown):
        first = unknown.iloc[0]
        if unknown.map(is_hidden_name).all():
            raise UserError(
                f"the split file {path} has hashes in place of file names, because its bundle was pushed "
                "with --hide-file-names; use the split.csv of the local bundle."
            )
        if (bare == first).any():
            raise UserError(
                f"the split file {path} lists {first!r}, but {int((bare == first).sum())} files have that "
                "name; write each with its folder."
            )
        several = f"{len(unknown)} files that are not in the data, {first!r} among them"
        which = f"{first!r}, which is not in the data" if len(unknown) == 1 else several
        raise UserError(f"the split file {path} lists {which}; write paths relative to the data folder.")
    pairs = pd.DataFrame({"file": found, "set": table["set"]}).drop_duplicates()
    twice = pairs.loc[pairs["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"the split file {path} puts {twice.iloc[0]!r} into two sets; keep one.")
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
