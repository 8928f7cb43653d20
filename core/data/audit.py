"""What is in a data folder, and what of it would make a result worthless. No file is too bad to be listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import index, listing, near_duplicates
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = ("file", "class", "kind", "sha256", "group", "flags")
EXACT_DUPLICATE = "exact copy"
NEAR_DUPLICATE = "near-duplicate"
CONFLICTING_LABELS = "conflicting labels"
UNREADABLE = "unreadable"
ZERO_BYTES = "zero bytes"
TINY = "tiny"
BLANK = "blank"
LONE_MASK = "mask without image"
NO_CLASS = "in no class folder"
NO_IMAGE = "no image"
# Beside each of these stands a file that somebody has to look at.
PROBLEMS = (UNREADABLE, ZERO_BYTES, TINY, BLANK, LONE_MASK, *listing.PROBLEMS, NO_CLASS)
FLAGS = (EXACT_DUPLICATE, NEAR_DUPLICATE, CONFLICTING_LABELS, *PROBLEMS, NO_IMAGE)
# Shorter side, pixels, below which an image shows no breast: BUSI's smallest has 190 pixels.
TINY_SIDE = 64
SEPARATOR = "; "


class Audit(NamedTuple):
    """What an audit found.

    Attributes:
        table: one row per file with ``COLUMNS``: ``sha256`` of the decoded pixels (empty where there are none
            to decode), ``group`` (Int64: images with the same number are near-duplicates, a mask has the
            number of its image), ``flags`` (some of ``FLAGS``, joined by ``SEPARATOR``).
        summary: one row per class, the last for all files, with the columns ``class``, ``images`` and
            ``masks`` (by their names, whether they can be read or not), ``near-duplicate groups`` (with at
            least two images, at least one of them in the class), and the number of files with each flag.
        notes: sentences on the folder as a whole.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]


def audit(folder: Path, progress: Callable[[int, int], None] | None = None) -> Audit:
    """Look at every file of a data folder.

    Args:
        folder: should have one sub-folder per class.
        progress: called with (files read, files).

    Raises:
        UserError: the folder does not exist or holds nothing to look at. Single files never raise.
    """
    listed = pd.concat([listing.list_files(folder), _loose_images(folder)], ignore_index=True)
    if listed.empty:
        raise UserError(f"{folder} holds no image; give a folder with one sub-folder per class.")
    usable = (listed["kind"] != "other") & (listed["problem"] == "")
    outcomes = index.read_facts(folder, list(listed.loc[usable, "file"]), progress)
    read = {
        row: outcome
        for row, outcome in zip(listed.index[usable], outcomes, strict=True)
        if not isinstance(outcome, ImageError)
    }
    types = {"sha256": "str", "width": "float", "height": "float", "fingerprint": "str"}
    facts = pd.DataFrame(list(read.values()), list(read), list(index.ImageFacts._fields)).astype(types)
    table = listed.join(facts)
    table["sha256"] = table["sha256"].fillna("")
    table["group"] = _groups(table)
    marks = _marks(folder, table, usable)
    table["flags"] = [SEPARATOR.join(np.array(FLAGS)[row]) for row in marks.to_numpy()]
    return Audit(table[list(COLUMNS)], _summary(table, marks), _notes(table))


def has_flag(table: pd.DataFrame, *flags: str) -> pd.Series:
    """Tell which rows of an audit's table have at least one of the flags, bool [N]."""
    return table["flags"].map(lambda text: not set(flags).isdisjoint(text.split(SEPARATOR))).astype(bool)


def _loose_images(folder: Path) -> pd.DataFrame:
    """List the images beside the class folders, which no training would see."""
    names = sorted(
        listing.printable(path.name)
        for path in folder.iterdir()
        if path.name[0] != "." and path.name.lower().endswith(EXTENSIONS) and not path.is_dir()
    )
    return pd.DataFrame({"file": names, "class": "", "kind": "other", "image": names, "problem": NO_CLASS})


def _groups(table: pd.DataFrame) -> pd.Series:
    """Number the near-duplicate groups as ``protocol.assign_groups`` does, Int64 [N]."""
    read = table[(table["kind"] == "image") & table["fingerprint"].notna()]
    if read.empty:
        return pd.Series(pd.NA, table.index, dtype="Int64")
    numbers = dict(
        zip(read["file"], near_duplicates.near_duplicate_groups(list(read["fingerprint"])), strict=True)
    )
    return table["image"].map(numbers).astype("Int64")


def _marks(folder: Path, table: pd.DataFrame, usable: pd.Series) -> pd.DataFrame:
    """Set the flags, bool [N, len(FLAGS)]."""
    image = (table["kind"] == "image") & (table["sha256"] != "")
    images = table[image]
    by_group = images.groupby("group")
    unreadable = usable & (table["sha256"] == "")
    marks = pd.DataFrame(False, index=table.index, columns=list(FLAGS))
    marks.loc[image, EXACT_DUPLICATE] = images["sha256"].duplicated(keep=False)
    marks.loc[image, NEAR_DUPLICATE] = by_group["file"].transform("size") > 1
    marks.loc[image, CONFLICTING_LABELS] = by_group["class"].transform("nunique") > 1
    marks[BLANK] = image & (table["fingerprint"] == near_duplicates.fingerprint(np.zeros((1, 1), np.uint8)))
    marks[UNREADABLE] = unreadable
    marks[ZERO_BYTES] = unreadable & table["file"].map(lambda file: _is_empty(folder / file))
    marks[TINY] = table[["width", "height"]].min(axis=1) < TINY_SIDE
    marks[LONE_MASK] = (table["kind"] == "image") & table["file"].map(listing.names_a_mask)
    for problem in (*listing.PROBLEMS, NO_CLASS):
        marks[problem] = table["problem"] == problem
    marks[NO_IMAGE] = (table["kind"] == "other") & (table["problem"] == "")
    return marks


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:  # a link that goes round in a circle
        return False


def _summary(table: pd.DataFrame, marks: pd.DataFrame) -> pd.DataFrame:
    parts = [(name, table["class"] == name) for name in sorted(set(table["class"]) - {""})]
    parts.append(("all", pd.Series(True, table.index)))
    rows = []
    for name, rows_of_class in parts:
        kinds = table.loc[rows_of_class, "kind"]
        copies = table.loc[rows_of_class & marks[NEAR_DUPLICATE], "group"]
        counts = {"images": (kinds == "image").sum(), "masks": (kinds == "mask").sum()}
        counts |= {"near-duplicate groups": copies.nunique(), **marks[rows_of_class].sum()}
        rows.append({"class": name} | {what: int(count) for what, count in counts.items()})
    return pd.DataFrame(rows)


def _notes(table: pd.DataFrame) -> tuple[str, ...]:
    classes = sorted(set(table.loc[table["kind"] == "image", "class"]))
    if len(classes) >= index.MIN_CLASSES:
        return ()
    found = f"only one class holds images ({classes[0]})" if classes else "no class folder holds an image"
    return (f"A training needs at least two classes, one sub-folder each, but {found}.",)
