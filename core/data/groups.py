"""Groups of images that a split must keep together: near-duplicates, and images of one patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data import user_table
from core.data.connected import connected_components
from core.data.written_names import Ambiguous, examples, match_files
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

PATIENT_IDS = "near-duplicates and patient ids"
NEAR_DUPLICATES_ONLY = "near-duplicates only"
SUB_FOLDERS = "near-duplicates and sub-folders"


def joins_patients(grouping: str) -> bool:
    """Return whether groups, as a bundle names them, also join images of one patient or sub-folder."""
    return grouping != NEAR_DUPLICATES_ONLY


def joins_sub_folders(grouping: str) -> bool:
    """Return whether groups, as a bundle names them, also join images in one sub-folder of a class."""
    return "sub-folders" in grouping


def read_groups(path: Path, index: pd.DataFrame, folder_names: Collection[str] = ()) -> pd.Series:
    """Read patient ids, or any other groups that must stay together, from a table.

    Args:
        path: table with a column of files and one of groups, named as ``user_table.FILE_COLUMNS`` and
            ``user_table.GROUP_COLUMNS`` have it; ``written_names.match_names`` says how to name a file.
        index: index table; the file must list each image of the sources whose files it names. It may list
            others.
        folder_names: names of the data folder, which may stand before a path.

    Returns:
        The group of each image, by file.

    Raises:
        UserError: the file cannot be read, lacks a column, misses an image, or has two groups for one.
    """
    what, needed = "the groups file", "it needs the columns file and group"
    written, group = user_table.read_by_file(path, what, needed, user_table.GROUP_COLUMNS)
    images = index.loc[index["kind"] == "image", "file"]
    found = match_files(list(written), list(images), list(index["file"]), folder_names)
    for name, one in zip(written, found, strict=True):
        if isinstance(one, Ambiguous):
            raise UserError(
                f"{what} {path} lists {name!r}, which may be {one.words()}; write each with its folder."
            )
    listed = pd.DataFrame({"file": found, "group": group.str.strip()}).dropna().drop_duplicates()
    listed = listed[listed["group"] != ""]
    twice = listed.loc[listed["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"{what} {path} has two groups for {twice.iloc[0]!r}; keep one.")
    groups = listed.set_index("file")["group"]
    # Of several sources, those whose files it names.
    sources = index.loc[index["file"].isin(groups.index), "source"].unique()
    images = (
        index.loc[(index["kind"] == "image") & index["source"].isin(sources), "file"]
        if len(sources)
        else images
    )
    missed = images[~images.isin(groups.index)]
    if len(missed):
        others = [name for name, one in zip(written, found, strict=True) if one is None and name]
        lists = f" It lists {examples(others)}, which the data does not have." if others else ""
        raise UserError(
            f"{what} {path} misses {len(missed)} of {len(images)} images, such as {examples(missed)}; "
            f"add them.{lists}"
        )
    return groups.loc[images]


def assign_groups(index: pd.DataFrame) -> NDArray[np.int64]:
    """Find the near-duplicate groups of an index.

    Args:
        index: index table, N rows.

    Returns:
        Group number of each row, int64 [N]. A mask has the group of its image; one without an image is alone.
    """
    images = index.loc[index["kind"] == "image", ["file", "fingerprint"]]
    # Here, since it imports faiss and SciPy: most pages do without.
    from core.data.duplicates.search import near_duplicate_groups  # noqa: PLC0415

    labels = near_duplicate_groups(images["fingerprint"])
    by_file = dict(zip(images["file"], labels, strict=True))
    for file in index["image"]:
        by_file.setdefault(file, len(by_file))
    return np.array([by_file[image] for image in index["image"]], np.int64)


def join_patients(duplicate_groups: NDArray[np.int64], index: pd.DataFrame) -> NDArray[np.int64]:
    """Join near-duplicate groups that share a patient, directly or through other groups.

    Args:
        duplicate_groups: near-duplicate group of each row, int64 [N], from ``assign_groups``.
        index: index table, N rows; its column ``patient`` is empty where the patient is not known. An id
            counts within its source.

    Returns:
        Joined group of each row, int64 [N].
    """
    known = ((index["kind"] == "image") & (index["patient"] != "")).to_numpy()
    of_patients = pd.factorize(pd.MultiIndex.from_frame(index.loc[known, ["source", "patient"]]))[0]
    first = int(duplicate_groups.max(initial=-1)) + 1
    size = first + int(of_patients.max(initial=-1)) + 1
    components = connected_components(size, duplicate_groups[known], of_patients + first)
    return np.asarray(pd.factorize(components[duplicate_groups])[0], np.int64)


def has_conflicting_labels(index: pd.DataFrame, duplicate_groups: NDArray[np.int64]) -> pd.Series:
    """Return which rows are images with a near-duplicate of another class, bool [N].

    Args:
        index: index table, N rows.
        duplicate_groups: near-duplicate group of each row, int64 [N], not joined with patient ids: one
            patient may have images of two classes.
    """
    images = index["kind"] == "image"
    classes = index.loc[images, "class"].groupby(duplicate_groups[images]).nunique()
    return images & np.isin(duplicate_groups, classes[classes > 1].index)


def grouped_images(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of images that have a group, without masks and unreadable files.

    Args:
        table: table of an audit or a split, with ``file``, ``class``, ``kind``, ``sha256``, ``group``.
    """
    return table[table["kind"] == "image"].dropna(subset="group").reset_index(drop=True)


def list_groups(table: pd.DataFrame) -> pd.DataFrame:
    """List the near-duplicate groups with at least two images.

    Args:
        table: table as for ``grouped_images``.

    Returns:
        One row per group, groups with conflicting labels first, then by size: ``group``, ``files`` and
        ``classes`` (tuples of the same length), ``conflicting`` (the classes differ), ``exact`` (two files
        have the same pixels).
    """
    rows = [
        {
            "group": number,
            "files": tuple(members["file"]),
            "classes": tuple(members["class"]),
            "conflicting": len(set(members["class"])) > 1,
            "exact": bool(members["sha256"].duplicated().any()),
        }
        for number, members in grouped_images(table).groupby("group")
        if len(members) > 1
    ]
    groups = pd.DataFrame(rows, columns=["group", "files", "classes", "conflicting", "exact"])
    order = groups.assign(size=groups["files"].map(len)).sort_values(
        ["conflicting", "size", "group"], ascending=[False, False, True]
    )
    return groups.loc[order.index].reset_index(drop=True)


def count_by_class(table: pd.DataFrame) -> pd.DataFrame:
    """Count images, masks and near-duplicates of each class.

    Args:
        table: table as for ``grouped_images``.

    Returns:
        One row per class, the last for all: ``class``, ``images``, ``masks``, ``with near-duplicate``
        (images that have one), ``conflicting`` (images that have one of another class).
    """
    groups = list_groups(table)
    duplicated = {file for files in groups["files"] for file in files}
    conflicting = {file for files in groups.loc[groups["conflicting"], "files"] for file in files}
    counted = pd.DataFrame(
        {
            "class": table["class"],
            "images": table["kind"] == "image",
            "masks": table["kind"] == "mask",
            "with near-duplicate": table["file"].isin(duplicated),
            "conflicting": table["file"].isin(conflicting),
        }
    )
    counted = counted[counted["images"] | counted["masks"]]
    by_class = counted.groupby("class").sum().reset_index()
    everything = {"class": "all", **{name: by_class[name].sum() for name in by_class.columns[1:]}}
    return pd.concat([by_class, pd.DataFrame([everything])], ignore_index=True)
