"""A published split, read from a file, in the place of a drawn one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import user_csv
from core.data.groups import has_conflicting_labels
from core.data.provenance import GivenSplit
from core.data.splits import LEFT_OUT, PARTS, SEEN_PARTS, split_table
from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.data.provenance import Protocol

DIGITS = 12
HIDDEN = rf"[0-9a-f]{{{DIGITS}}}(-\d+)?"  # what stands in a name's place

# The first name is this tool's own (a bundle's split.csv has it), the second that of published lists.
_FILE = ("file", "busi_file")
_PART = ("part", "split")
_PARTS = {name: name for name in (*PARTS, LEFT_OUT)} | {"val": "validation"}


class Named(NamedTuple):
    """What a split file says.

    Attributes:
        path: of the file.
        parts: ``file``, as it is written there, and ``part``, one of ``PARTS`` or ``LEFT_OUT``.
    """

    path: Path
    parts: pd.DataFrame


def read(path: Path) -> Named:
    """Read which file belongs to which part.

    Args:
        path: a CSV file with the columns ``file`` (or ``busi_file``) and ``part`` (or ``split``). A file is
            named relative to the data folder, or by its bare name where only one is called so; a part is
            train, validation (or val), test, or left out. Other columns are passed over.

    Raises:
        UserError: the file cannot be read, lacks a column, or names another part.
    """
    needed = "it needs the columns file and part (busi_file and split will do)"
    table = user_csv.read(path, "the split file", needed)
    file, part = (next((name for name in names if name in table), None) for names in (_FILE, _PART))
    if file is None or part is None:
        raise UserError(f"the split file {path} lacks a column; {needed}.")
    parts = table[part].str.strip().str.lower().map(_PARTS)
    if parts.isna().any():
        row = int(parts.isna().argmax())
        raise UserError(
            f"the split file {path} gives {table[file].iloc[row]!r} the part {table[part].iloc[row]!r}; "
            "it must be train, validation or test."
        )
    return Named(path, pd.DataFrame({"file": table[file], "part": parts}))


def split(
    named: Named,
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    protocol: Protocol,
    *,
    copies: NDArray[np.int64],
) -> tuple[pd.DataFrame, GivenSplit]:
    """Split the images of an index as a file says. Masks, and what it does not name, are left out.

    ``naive`` takes the split as it stands. ``clean`` leaves the test set as it stands too, so that its
    figures can be compared; but training and validation lose near-duplicates with
    conflicting labels and images in a group with a test image, and training loses those in a group with a
    validation image.

    Args:
        named: from ``read``.
        index: the index table, N rows.
        groups: int [N], from ``core.data.groups.assign_groups`` or ``join_patients``.
        protocol: ``naive`` or ``clean``.
        copies: int [N], groups of near-duplicates alone.

    Returns:
        The split as ``core.data.splits.split`` returns it, and what a bundle records of it.

    Raises:
        UserError: a name is unknown, ambiguous or in two parts, or a part lacks one of the classes.
    """
    images = (index["kind"] == "image").to_numpy()
    path, written = named.path, _parts(named, index)
    parts = np.where(images, written.fillna(LEFT_OUT), LEFT_OUT).astype(object)
    _check(f"the split file {path} gives", parts, index["class"])
    opposed = has_conflicting_labels(index, copies).to_numpy()
    before = np.isin(parts, SEEN_PARTS)
    if protocol == "clean":
        parts[before & opposed] = LEFT_OUT
        for later, earlier in (("test", SEEN_PARTS), ("validation", ("train",))):
            parts[np.isin(parts, earlier) & np.isin(groups, groups[parts == later])] = LEFT_OUT
        _check(f"without near-duplicates the split file {path} leaves", parts, index["class"])
    test, seen = parts == "test", np.isin(parts, SEEN_PARTS)
    facts = GivenSplit(
        file=path.name,
        not_named=int((images & written.isna().to_numpy()).sum()),
        taken_out=int((before & ~seen).sum()),
        test_copied=int((test & np.isin(groups, groups[seen])).sum()),
        test_contradictory=int((test & opposed).sum()),
    )
    return split_table(index, groups, parts), facts


def _parts(named: Named, index: pd.DataFrame) -> pd.Series:
    """Return the part of each row of the index; missing where the file does not name it."""
    path, table = named
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
        if unknown.str.fullmatch(HIDDEN).all():
            raise UserError(
                f"the split file {path} has hashes in the place of file names, so it is of a bundle pushed "
                "with --hide-file-names; take the split.csv of the bundle as it was before the push."
            )
        if (bare == first).any():
            raise UserError(
                f"the split file {path} names {first!r}, and {int((bare == first).sum())} files are called "
                "so; write each with its folder."
            )
        raise UserError(
            f"the split file {path} names {len(unknown)} file(s) that the data does not have, {first!r} "
            "among them; write names relative to the data folder."
        )
    pairs = pd.DataFrame({"file": found, "part": table["part"]}).drop_duplicates()
    twice = pairs.loc[pairs["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"the split file {path} puts {twice.iloc[0]!r} into two parts; keep one.")
    return files.map(pairs.set_index("file")["part"])


def _check(what: str, parts: NDArray[np.object_], classes: pd.Series) -> None:
    for name in PARTS:
        mine = parts == name
        if not mine.any():
            raise UserError(f"{what} no {name} image; each of {', '.join(PARTS)} needs some.")
        lacking = set(classes) - set(classes[mine])
        if lacking:
            raise UserError(
                f"{what} no {name} image of class {min(lacking)!r}; name some, or take the class's folder "
                "out of the data if it is not meant to take part."
            )
