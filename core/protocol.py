"""Which files take part in a training, and how they are split. Nothing else is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core import user_csv
from core.duplicates import near_copy_groups
from core.errors import UserError
from core.listing import mask_owners

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.manifest import Protocol

PARTS = ("train", "validation", "test")
SEEN_PARTS = ("train", "validation")
LEFT_OUT = "left out"
PATIENT_IDS = "near-copies and patient ids"
NEAR_COPIES_ONLY = "near-copies only"
_TENTHS = 10


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
    """Number the groups of near-copies, int64 [N] in the order of the index.

    A mask belongs to the group of its image.
    """
    images = index[index["kind"] == "image"]
    labels = near_copy_groups(list(images["fingerprint"]))
    by_file = dict(zip(images["file"], labels, strict=True))
    return np.array([by_file[image] for image in index["image"]], np.int64)


def join_patients(
    copies: NDArray[np.int64], index: pd.DataFrame, patient_ids: pd.Series
) -> NDArray[np.int64]:
    """Join groups of near-copies, int [N], that share a patient, directly or through others.

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


def split(
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    protocol: Protocol,
    *,
    seed: int,
    fold: tuple[int, int] | None = None,
    copies: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Split the files of an index under a protocol.

    Args:
        index: the index table, N rows.
        groups: int [N], never parted: from ``assign_groups`` or ``join_patients``.
        protocol: the README says what each does.
        seed: the same seed gives the same split, whatever the order of the files on the disk.
        fold: (k, K) takes fold k of K as the test part and an eighth of the rest for validation; only
            under ``clean``.
        copies: int [N], groups of near-copies alone, where ``groups`` joins patient ids with them.

    Returns:
        One row per file of the index: ``file``, ``class``, ``kind``, ``group``, ``part`` (one of ``PARTS``,
        or ``left out``), ``sha256``, ``fingerprint`` (of the images in ``SEEN_PARTS``, else empty).

    Raises:
        UserError: a part would lack one of the classes.
    """
    parts = np.full(len(index), LEFT_OUT, object)
    if protocol == "paper":
        parts[:] = _paper_parts(index["class"], seed)
    else:
        takes_part = (index["kind"] == "image").to_numpy()
        if protocol == "clean":
            takes_part = takes_part & ~contradictory(index, groups if copies is None else copies).to_numpy()
        pictures = index.assign(group=groups)[takes_part]
        parts[takes_part] = _stratified_parts(pictures, seed, grouped=protocol == "clean", fold=fold)
    for name in PARTS:
        lacking = set(index["class"]) - set(index.loc[parts == name, "class"])
        if lacking:
            raise UserError(
                f"the {protocol} protocol leaves no {name} picture of class {min(lacking)!r}; "
                "add pictures of that class that are not copies of one another."
            )
    return split_table(index, groups, parts)


def split_table(index: pd.DataFrame, groups: NDArray[np.int64], parts: NDArray[np.object_]) -> pd.DataFrame:
    """Put a split together, one row per file of the index, with the columns that ``split`` names.

    Args:
        index: the index table, N rows.
        groups: int [N].
        parts: of each file, one of ``PARTS`` or ``LEFT_OUT``, [N].
    """
    table = index[["file", "class", "kind"]].assign(group=groups, part=parts)
    table[["sha256", "fingerprint"]] = index[["sha256", "fingerprint"]]
    # Only what a model was trained on has to be recognised later, and masks only look alike.
    table.loc[~table["part"].isin(SEEN_PARTS) | (table["kind"] == "mask"), "fingerprint"] = ""
    return table


def masks_of(split: pd.DataFrame) -> dict[str, list[str]]:
    """Return the mask files of each training picture that has any, by its name.

    Args:
        split: a split table, whose rows are all files, masks too.
    """
    training = set(split.loc[split["part"] == "train", "file"])
    masks: dict[str, list[str]] = {}
    for mask, picture in mask_owners(split["file"]).items():
        if picture in training:
            masks.setdefault(picture, []).append(mask)
    return masks


def contradictory(index: pd.DataFrame, copies: NDArray[np.int64]) -> pd.Series:
    """Tell which rows are images with a near-copy of another class, bool [N].

    Args:
        index: the index table, N rows.
        copies: int [N], groups of near-copies alone: one patient may well have pictures of two classes.
    """
    images = index["kind"] == "image"
    classes = index.loc[images, "class"].groupby(copies[images]).nunique()
    return images & np.isin(copies, classes[classes > 1].index)


def _paper_parts(classes: pd.Series, seed: int) -> NDArray[np.object_]:
    """Split as the paper's numbers imply: see core/paper.py."""
    parts = np.full(len(classes), "train", object)
    rng = np.random.default_rng(seed)
    for name in sorted(set(classes)):
        rows = np.flatnonzero(classes == name)
        test = rng.choice(rows, len(rows) // _TENTHS, replace=False)
        rest = np.setdiff1d(rows, test)
        parts[test] = "test"
        # Keras's validation_split takes the first share of the sorted names.
        parts[rest[: int(0.2 * len(rest))]] = "validation"
    return parts


def _stratified_parts(
    table: pd.DataFrame, seed: int, *, grouped: bool, fold: tuple[int, int] | None
) -> NDArray[np.object_]:
    tenth = _folds(table, _TENTHS if fold is None else fold[1], seed, grouped=grouped)
    parts = np.full(len(table), "train", object)
    if fold is None:
        parts[np.isin(tenth, (1, 2))] = "validation"
        parts[tenth == 0] = "test"
        return parts
    test = tenth == fold[0]
    rest = table[~test]
    parts[test] = "test"
    parts[np.flatnonzero(~test)[_folds(rest, 8, seed, grouped=grouped) == 0]] = "validation"
    return parts


def _folds(table: pd.DataFrame, count: int, seed: int, *, grouped: bool) -> NDArray[np.int64]:
    """Number the fold of each row, int64 [N], with the class shares alike in every fold."""
    # Only training splits: the app starts without scikit-learn.
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: PLC0415

    smallest = table.groupby("class")["group" if grouped else "file"].nunique()
    if smallest.min() < count:
        raise UserError(
            f"class {smallest.idxmin()!r} has {smallest.min()} picture(s) that are no copies of each other; "
            f"a split into {count} needs at least {count}: add pictures."
        )
    folder = (StratifiedGroupKFold if grouped else StratifiedKFold)(count, shuffle=True, random_state=seed)
    folds = np.empty(len(table), np.int64)
    for number, (_, rows) in enumerate(
        folder.split(table, table["class"], table["group"] if grouped else None)
    ):
        folds[rows] = number
    # scikit-learn deals out the largest groups first, in the same order whatever the seed: unless the folds
    # change their numbers, the same large groups are in every test part.
    return np.random.default_rng(seed).permutation(count)[folds]
