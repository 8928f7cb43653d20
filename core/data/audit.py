"""Audit a data folder: duplicates, conflicting labels, unreadable and other unusable files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import index, listing, near_duplicates
from core.data.mask_names import names_a_mask
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = ("file", "class", "kind", "sha256", "group", "flags")
EXACT_DUPLICATE = "exact duplicate"
NEAR_DUPLICATE = "near-duplicate"
CONFLICTING_LABELS = "conflicting labels"
UNREADABLE = "unreadable"
ZERO_BYTES = "zero bytes"
TINY = "tiny"
BLANK = "blank"
MASK_WITHOUT_IMAGE = "mask without image"
OUTSIDE_CLASSES = "outside the class folders"
NOT_AN_IMAGE = "not an image"
# Flags of files that need attention.
PROBLEMS = (UNREADABLE, ZERO_BYTES, TINY, BLANK, MASK_WITHOUT_IMAGE, *listing.PROBLEMS, OUTSIDE_CLASSES)
FLAGS = (EXACT_DUPLICATE, NEAR_DUPLICATE, CONFLICTING_LABELS, *PROBLEMS, NOT_AN_IMAGE)
# Smallest shorter side of a usable image, pixels; in BUSI it is at least 190.
TINY_SIDE = 64
SEPARATOR = "; "


class Audit(NamedTuple):
    """The result of an audit.

    Attributes:
        table: one row per file with ``COLUMNS``: ``sha256`` of the decoded pixels (empty if unreadable),
            ``group`` (Int64; near-duplicates have the same number, a mask has that of its image), ``flags``
            (some of ``FLAGS``, joined by ``SEPARATOR``).
        summary: one row per class, the last for all files: ``class``, ``images`` and ``masks`` (judged by
            name, readable or not), ``near-duplicate groups`` (with at least two images, at least one of them
            in the class), and the number of files with each flag.
        notes: sentences about the folder as a whole.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]


def audit(folder: Path, progress: Callable[[int, int], None] | None = None) -> Audit:
    """Audit every file of a data folder.

    Args:
        folder: data folder with one sub-folder per class.
        progress: called with the number of files read and of all files.

    Raises:
        UserError: the folder does not exist or has no files. Problems of single files never raise.
    """
    listed = pd.concat([listing.list_files(folder), _loose_images(folder)], ignore_index=True)
    if listed.empty:
        raise UserError(f"{folder} contains no images; give a folder with one sub-folder per class.")
    usable = (listed["kind"] != "other") & (listed["problem"] == "")
    outcomes = index.read_facts(folder, list(listed.loc[usable, "file"]), progress)
    read = {
        row: outcome
        for row, outcome in zip(listed.index[usable], outcomes, strict=True)
        if not isinstance(outcome, ImageError)
    }
    types = {"sha256": "str", "width": "float", "height": "float", "fingerprint": "str", "notes": "str"}
    facts = pd.DataFrame(list(read.values()), list(read), list(index.ImageFacts._fields)).astype(types)
    table = listed.join(facts)
    table["sha256"] = table["sha256"].fillna("")
    table["group"] = _groups(table)
    flags = _flags(folder, table, usable)
    table["flags"] = [SEPARATOR.join(np.array(FLAGS)[row]) for row in flags.to_numpy()]
    return Audit(table[list(COLUMNS)], _summary(table, flags), _notes(folder, table))


def has_flag(table: pd.DataFrame, *flags: str) -> pd.Series:
    """Return which rows of an audit's table have at least one of the flags, bool [N]."""
    return table["flags"].map(lambda text: not set(flags).isdisjoint(text.split(SEPARATOR))).astype(bool)


def _loose_images(folder: Path) -> pd.DataFrame:
    """List the images beside the class folders, which are not used for training."""
    names = sorted(
        listing.utf8_name(path.name)
        for path in folder.iterdir()
        if path.name[0] != "." and path.name.lower().endswith(EXTENSIONS) and not path.is_dir()
    )
    return pd.DataFrame(
        {"file": names, "class": "", "kind": "other", "image": names, "problem": OUTSIDE_CLASSES}
    )


def _groups(table: pd.DataFrame) -> pd.Series:
    """Return the near-duplicate group of each row, Int64 [N], as ``groups.assign_groups`` does."""
    read = table[(table["kind"] == "image") & table["fingerprint"].notna()]
    if read.empty:
        return pd.Series(pd.NA, table.index, dtype="Int64")
    numbers = dict(
        zip(read["file"], near_duplicates.near_duplicate_groups(list(read["fingerprint"])), strict=True)
    )
    return table["image"].map(numbers).astype("Int64")


def _flags(folder: Path, table: pd.DataFrame, usable: pd.Series) -> pd.DataFrame:
    """Return whether each row has each flag, bool [N, len(FLAGS)]."""
    image = (table["kind"] == "image") & (table["sha256"] != "")
    images = table[image]
    by_group = images.groupby("group")
    unreadable = usable & (table["sha256"] == "")
    flags = pd.DataFrame(False, index=table.index, columns=list(FLAGS))
    flags.loc[image, EXACT_DUPLICATE] = images["sha256"].duplicated(keep=False)
    flags.loc[image, NEAR_DUPLICATE] = by_group["file"].transform("size") > 1
    flags.loc[image, CONFLICTING_LABELS] = by_group["class"].transform("nunique") > 1
    flags[BLANK] = image & (table["fingerprint"] == near_duplicates.fingerprint(np.zeros((1, 1), np.uint8)))
    flags[UNREADABLE] = unreadable
    flags[ZERO_BYTES] = unreadable & table["file"].map(lambda file: _is_empty(folder / file))
    flags[TINY] = table[["width", "height"]].min(axis=1) < TINY_SIDE
    flags[MASK_WITHOUT_IMAGE] = (table["kind"] == "image") & table["file"].map(names_a_mask)
    for problem in (*listing.PROBLEMS, OUTSIDE_CLASSES):
        flags[problem] = table["problem"] == problem
    flags[NOT_AN_IMAGE] = (table["kind"] == "other") & (table["problem"] == "")
    return flags


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:  # links that form a circle
        return False


def _summary(table: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    subsets = [(name, table["class"] == name) for name in sorted(set(table["class"]) - {""})]
    subsets.append(("all", pd.Series(True, table.index)))
    rows = []
    for name, in_class in subsets:
        kinds = table.loc[in_class, "kind"]
        groups = table.loc[in_class & flags[NEAR_DUPLICATE], "group"]
        counts = {"images": (kinds == "image").sum(), "masks": (kinds == "mask").sum()}
        counts |= {"near-duplicate groups": groups.nunique(), **flags[in_class].sum()}
        rows.append({"class": name} | {what: int(count) for what, count in counts.items()})
    return pd.DataFrame(rows)


def _notes(folder: Path, table: pd.DataFrame) -> tuple[str, ...]:
    classes = sorted(set(table.loc[table["kind"] == "image", "class"]))
    notes = [index.describe_notes(table), listing.without_images(folder, classes)]
    if len(classes) < index.MIN_CLASSES:
        found = f"only one has images ({classes[0]})" if classes else "none has images"
        notes.append(f"Training needs at least two class folders with images, but {found}.")
    return tuple(note for note in notes if note)
