"""Which images must stay on one side of a split: near-duplicates, and images of one patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.data import user_csv
from core.data.near_duplicates import near_duplicate_groups
from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PATIENT_IDS = "near-duplicates and patient ids"
NEAR_DUPLICATES_ONLY = "near-duplicates only"


def read_groups(path: Path, index: pd.DataFrame) -> pd.Series:
    """Read patient ids, or any groups that must not be parted, from a CSV file.

    Args:
        path: has the columns ``file`` (relative to the data folder) and ``group``.
        index: the index table; each of its images must be named in the file.

    Returns:
        The group of each image, by file.

    Raises:
        UserError: the file cannot be read, lacks a column, misses images, or gives one two groups.
    """
    table = user_csv.read(path, "the groups file", "it needs the columns file and group")
    if not {"file", "group"} <= set(table.columns):
        raise UserError(f"the groups file {path} needs the columns file and group.")
    table = table[["file", "group"]].drop_duplicates()
    twice = table.loc[table["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"the groups file {path} gives {twice.iloc[0]!r} two groups; keep one.")
    groups = table.set_index("file")["group"]
    images = index.loc[index["kind"] == "image", "file"]
    missed = images[~images.isin(groups[groups != ""].index)]
    if len(missed):
        raise UserError(
            f"the groups file {path} misses {len(missed)} of {len(images)} images, "
            f"{missed.iloc[0]!r} among them; add them."
        )
    return groups.loc[images]


def assign_groups(index: pd.DataFrame) -> NDArray[np.int64]:
    """Number the groups of near-duplicates, int64 [N] in the order of the index.

    A mask belongs to the group of its image.
    """
    images = index[index["kind"] == "image"]
    labels = near_duplicate_groups(list(images["fingerprint"]))
    by_file = dict(zip(images["file"], labels, strict=True))
    return np.array([by_file[image] for image in index["image"]], np.int64)


def join_patients(
    copies: NDArray[np.int64], index: pd.DataFrame, patient_ids: pd.Series
) -> NDArray[np.int64]:
    """Join groups of near-duplicates, int [N], that share a patient, directly or through others.

    Args:
        copies: from ``assign_groups``.
        index: the index table, N rows.
        patient_ids: from ``read_groups``.
    """
    patients = pd.factorize(patient_ids.loc[index["image"]])[0] + copies.max() + 1
    size = int(patients.max()) + 1
    graph = coo_array((np.ones(len(copies)), (copies, patients)), shape=(size, size))
    components = connected_components(graph, directed=False)[1]
    return np.asarray(pd.factorize(components[copies])[0], np.int64)


def has_conflicting_labels(index: pd.DataFrame, copies: NDArray[np.int64]) -> pd.Series:
    """Tell which rows are images with a near-duplicate of another class, bool [N].

    Args:
        index: the index table, N rows.
        copies: int [N], groups of near-duplicates alone: one patient may well have images of two classes.
    """
    images = index["kind"] == "image"
    classes = index.loc[images, "class"].groupby(copies[images]).nunique()
    return images & np.isin(copies, classes[classes > 1].index)


def images_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the images that were compared with one another; masks and files that cannot be read were not.

    Args:
        table: an audit's or a split's: ``file``, ``class``, ``kind``, ``sha256``, ``group``.
    """
    return table[table["kind"] == "image"].dropna(subset="group").reset_index(drop=True)


def groups_of(table: pd.DataFrame) -> pd.DataFrame:
    """List the groups that hold at least two images.

    Args:
        table: as for ``images_of``.

    Returns:
        One row per group, those with conflicting labels first, then the largest: ``group``, ``files``,
        ``classes`` (of the files, two tuples of the same length), ``conflicting``, ``exact`` (two of
        them have the same pixels).
    """
    rows = [
        {
            "group": number,
            "files": tuple(members["file"]),
            "classes": tuple(members["class"]),
            "conflicting": len(set(members["class"])) > 1,
            "exact": bool(members["sha256"].duplicated().any()),
        }
        for number, members in images_of(table).groupby("group")
        if len(members) > 1
    ]
    groups = pd.DataFrame(rows, columns=["group", "files", "classes", "conflicting", "exact"])
    order = groups.assign(size=groups["files"].map(len)).sort_values(
        ["conflicting", "size", "group"], ascending=[False, False, True]
    )
    return groups.loc[order.index].reset_index(drop=True)


def count_by_class(table: pd.DataFrame) -> pd.DataFrame:
    """Count per class, the last row for all.

    Args:
        table: as for ``images_of``.

    Returns:
        ``class``, ``images``, ``masks``, ``with a copy`` (images with a near-duplicate among the images),
        ``conflicting`` (images with a near-duplicate of another class).
    """
    groups = groups_of(table)
    copied = {file for files in groups["files"] for file in files}
    opposed = {file for files in groups.loc[groups["conflicting"], "files"] for file in files}
    counted = pd.DataFrame(
        {
            "class": table["class"],
            "images": table["kind"] == "image",
            "masks": table["kind"] == "mask",
            "with a copy": table["file"].isin(copied),
            "conflicting": table["file"].isin(opposed),
        }
    )
    counted = counted[counted["images"] | counted["masks"]]
    by_class = counted.groupby("class").sum().reset_index()
    everything = {"class": "all", **{name: by_class[name].sum() for name in by_class.columns[1:]}}
    return pd.concat([by_class, pd.DataFrame([everything])], ignore_index=True)
