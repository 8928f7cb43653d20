"""Audit a data set: duplicates, conflicting labels, unreadable and other unusable files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import image_facts, index, listing, masks
from core.data.groups import join_patients
from core.data.patients import find_patients
from core.data.plausibility import check_groups
from core.data.provenance import combine
from core.data.published_split import describe_own_split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.data.data_set import DataSet, ImageFolders
    from core.data.patients import Patients
    from core.data.provenance import DataSource

COLUMNS = ("file", "class", "kind", "sha256", "group", "flags", "notes", "reason")
EXACT_DUPLICATE = "exact duplicate"
NEAR_DUPLICATE = "near-duplicate"
CONFLICTING_LABELS = "conflicting labels"
UNREADABLE = image_facts.UNREADABLE
ZERO_BYTES = "zero bytes"
TINY = "tiny"
BLANK = image_facts.BLANK
NAMED_LIKE_A_MASK = masks.NAMED_LIKE_A_MASK
NOT_AN_IMAGE = image_facts.NOT_AN_IMAGE
# Flags of files that need attention.
PROBLEMS = (
    *(UNREADABLE, ZERO_BYTES, TINY, BLANK, listing.VIDEO),
    *(masks.MASK_WITHOUT_IMAGE, masks.BLACK_AND_WHITE, NAMED_LIKE_A_MASK),
    *listing.PROBLEMS,
    *(image_facts.OUTSIDE_CLASSES, image_facts.NO_CLASS, image_facts.UNLABELLED),
)
FLAGS = (EXACT_DUPLICATE, NEAR_DUPLICATE, CONFLICTING_LABELS, *PROBLEMS, NOT_AN_IMAGE)
SEPARATOR = "; "


class Audit(NamedTuple):
    """The result of an audit.

    Attributes:
        table: one row per file with ``COLUMNS``: ``sha256`` of the decoded pixels (empty if unreadable),
            ``group`` (Int64; near-duplicates have the same number, a mask has that of its image), ``flags``
            (some of ``FLAGS``, joined by ``SEPARATOR``), ``notes`` (what decoding changed), ``reason`` (why a
            file cannot be read).
        summary: one row per class, the last for all files: ``class``, ``images`` and ``masks`` (readable or
            not), ``near-duplicate groups`` (with at least two images, at least one of them in the class), and
            the number of files with each flag.
        notes: sentences about the data set as a whole.
        warnings: sentences on near-duplicate groups that look wrong.
        split_groups: group of each row that the protocol clean keeps in one set, Int64 [N]: ``group``, joined
            with patient ids and sub-folders where known.
        grouping: what these groups join, as a bundle names it.
        folders: folders of its files.
        source: source of its images.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    split_groups: pd.Series
    grouping: str
    folders: ImageFolders
    source: DataSource


def audit(
    data: DataSet,
    progress: Callable[[int, int], None] | None = None,
    *,
    groups: Sequence[Path] = (),
    processes: int = 1,
) -> Audit:
    """Audit every file of a data set. Problems of single files never raise.

    Args:
        data: data set.
        progress: called with the number of files read and of all files.
        groups: tables of patient ids, as a training takes them.
        processes: number of processes that read many images.

    Raises:
        UserError: a table of patient ids cannot be used.
    """
    table = image_facts.read_files(data, progress, processes=processes).table
    table["group"] = _groups(table)
    flags = _flags(data, table)
    table["flags"] = _joined(flags)
    problems = index.describe_problems(table)
    # Of a million images it takes 1.4 GB, and each choice of rows copies it.
    table = table.drop(columns="fingerprint")
    patients = find_patients(data, _usable(table), groups)
    return Audit(
        table[list(COLUMNS)],
        _summary(table, flags),
        _notes(data, table, patients, problems),
        check_groups(table).warnings,
        _split_groups(table, patients),
        patients.grouping,
        data.folders,
        combine(data.sources),
    )


def has_flag(table: pd.DataFrame, *flags: str) -> pd.Series:
    """Return which rows of an audit's table have at least one of the flags, bool [N]."""
    return table["flags"].map(lambda text: not set(flags).isdisjoint(text.split(SEPARATOR))).astype(bool)


def _groups(table: pd.DataFrame) -> pd.Series:
    """Return the near-duplicate group of each row, Int64 [N], as ``groups.assign_groups`` does."""
    read = (table["kind"] == "image") & (table["fingerprint"] != "") & (table["class"] != "")
    if not read.any():
        return pd.Series(pd.NA, table.index, dtype="Int64")
    # Here, since it imports faiss and SciPy, and the pages import this module.
    from core.data.duplicates.search import near_duplicate_groups  # noqa: PLC0415

    found = near_duplicate_groups(table.loc[read, "fingerprint"])
    numbers = dict(zip(table.loc[read, "file"], found, strict=True))
    return table["image"].map(numbers).astype("Int64")


def _flags(data: DataSet, table: pd.DataFrame) -> pd.DataFrame:
    """Return whether each row has each flag, bool [N, len(FLAGS)]."""
    image = (table["kind"] == "image") & (table["sha256"] != "") & (table["class"] != "")
    images = table.loc[image, ["file", "class", "sha256", "group"]]
    by_group = images.groupby("group")
    unreadable = table["problem"] == UNREADABLE
    flags = pd.DataFrame(False, index=table.index, columns=list(FLAGS))
    for problem in (*PROBLEMS, NOT_AN_IMAGE):
        flags[problem] = table["problem"] == problem
    flags.loc[image, EXACT_DUPLICATE] = images["sha256"].duplicated(keep=False)
    flags.loc[image, NEAR_DUPLICATE] = by_group["file"].transform("size") > 1
    flags.loc[image, CONFLICTING_LABELS] = by_group["class"].transform("nunique") > 1
    empty = [file for file in table.loc[unreadable, "file"] if _is_empty(data.folders.path(file))]
    flags[ZERO_BYTES] = table["file"].isin(empty)
    flags[TINY] = table[["width", "height"]].min(axis=1) < image_facts.TINY_SIDE
    flags[NAMED_LIKE_A_MASK] |= table["named_like_mask"]
    return flags


def _joined(flags: pd.DataFrame) -> list[str]:
    """Return the flags of each row as one text; few combinations occur."""
    combinations, numbers = np.unique(flags.to_numpy(), axis=0, return_inverse=True)
    texts = [SEPARATOR.join(np.array(FLAGS)[row]) for row in combinations]
    return [texts[number] for number in numbers]


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


def _usable(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["kind"] == "image") & (table["problem"] == "")]


def _split_groups(table: pd.DataFrame, patients: Patients) -> pd.Series:
    """Return the group of each row that a clean split keeps in one set, Int64 [N]."""
    joined = table["group"].copy()
    grouped = table.loc[table["group"].notna(), ["group", "kind", "source"]].assign(patient=patients.ids)
    grouped = grouped.fillna({"patient": ""})
    joined[grouped.index] = join_patients(grouped["group"].to_numpy(np.int64), grouped)
    return joined


def _notes(
    data: DataSet, table: pd.DataFrame, patients: Patients, problems: Sequence[str]
) -> tuple[str, ...]:
    images = _usable(table)
    classes = sorted(set(images["class"]))
    notes = [
        *data.remarks,
        patients.remark,
        describe_own_split(images, used=False),
        index.describe_notes(table),
        *problems,
    ]
    if len(classes) < index.MIN_CLASSES:
        found = f"only one has images ({classes[0]})" if classes else "none has images"
        misplaced = (table["problem"] == image_facts.NO_CLASS).any()  # the sentence on them has the advice
        advice = "" if misplaced else "; give a sub-folder per class, or the table of labels with --table"
        notes.append(f"Training needs images of at least two classes, but {found}{advice}.")
    return tuple(note for note in notes if note)
