"""Split the files of an index into training, validation and test set, under one of the protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.groups import has_conflicting_labels
from core.data.provenance import KNOWN_COLUMNS
from core.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.data.provenance import Protocol

SETS = ("train", "validation", "test")
SEEN_SETS = ("train", "validation")
LEFT_OUT = "left out"
_TENTHS = 10


def split(
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    protocol: Protocol,
    *,
    seed: int,
    fold: tuple[int, int] | None = None,
    duplicate_groups: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Split the files of an index under a protocol.

    Args:
        index: index table, N rows.
        groups: group of each row, int64 [N], from ``assign_groups`` or ``join_patients``; ``clean`` keeps
            each group in one set.
        protocol: ``paper`` splits all files, masks included, per class; ``naive`` splits the images,
            stratified; ``clean`` leaves out images with conflicting labels and splits the rest, stratified
            and grouped.
        seed: random seed of the split; the result does not depend on the order of files on the disk.
        fold: (k, K) makes fold k of K the test set and an eighth of the rest the validation set; under
            ``clean`` only.
        duplicate_groups: near-duplicate group of each row, int64 [N], if ``groups`` also joins patients.

    Returns:
        One row per file of the index: ``file``, ``source``, ``class``, ``kind``, ``image`` (of a mask, else
        empty), ``group``, ``set`` (one of ``SETS``, or ``left out``), ``sha256``, ``fingerprint`` (of the
        images in ``SEEN_SETS``, else empty).

    Raises:
        UserError: a set would lack one of the classes.
    """
    sets = np.full(len(index), LEFT_OUT, object)
    if protocol == "paper":
        sets[:] = _paper_sets(index["class"], seed)
    else:
        used = (index["kind"] == "image").to_numpy()
        if protocol == "clean":
            duplicate_groups = groups if duplicate_groups is None else duplicate_groups
            used = used & ~has_conflicting_labels(index, duplicate_groups).to_numpy()
            if lost := set(index["class"]) - set(index.loc[used, "class"]):
                raise UserError(
                    f"all images of class {min(lost)!r} have near-duplicates in another class, so none is "
                    "left for the clean protocol; remove the same images from one of the two classes, or "
                    "crop the frame or text that different images share."
                )
        images = index.assign(group=groups)[used]
        sets[used] = _stratified_sets(images, seed, grouped=protocol == "clean", fold=fold)
    for name in SETS:
        lacking = set(index["class"]) - set(index.loc[sets == name, "class"])
        if lacking:
            raise UserError(
                f"the {protocol} protocol leaves no {name} image of class {min(lacking)!r}; "
                "add images of that class that are not near-duplicates."
            )
    return split_table(index, groups, sets)


def draw_validation(table: pd.DataFrame, seed: int, *, grouped: bool) -> NDArray[np.bool_]:
    """Draw an eighth of the images as the validation set, stratified by class.

    Args:
        table: rows of images with ``class`` and ``group``, N.
        seed: random seed.
        grouped: whether each group stays together.

    Returns:
        Whether each row is drawn, bool [N].
    """
    return draw_folds(table, 8, seed, grouped=grouped) == 0


def split_table(index: pd.DataFrame, groups: NDArray[np.int64], sets: NDArray[np.object_]) -> pd.DataFrame:
    """Build the split table that ``split`` returns.

    Args:
        index: index table, N rows.
        groups: group of each row, int64 [N].
        sets: set of each row, one of ``SETS`` or ``LEFT_OUT``, [N].
    """
    table = index[["file", "source", "class", "kind"]].copy()
    table["image"] = index["image"].where(index["image"] != index["file"], "")
    table[["group", "set"]] = pd.DataFrame({"group": groups, "set": sets}, table.index)
    table[["sha256", "fingerprint"]] = index[["sha256", "fingerprint"]]
    known = [name for name in KNOWN_COLUMNS if name in index and (index[name] != "").any()]
    table[known] = index[known]
    # Fingerprints serve to recognise images that a model has seen; those of masks resemble each other.
    table.loc[~table["set"].isin(SEEN_SETS) | (table["kind"] == "mask"), "fingerprint"] = ""
    return table


def masks_of(split: pd.DataFrame, name: str) -> dict[str, list[str]]:
    """Return the mask files of each image of a set that has any, by image.

    Args:
        split: split table, masks included.
        name: one of ``SETS``.
    """
    images = split.loc[split["set"] == name, "file"]
    masks = split[(split["kind"] == "mask") & split["image"].isin(images)]
    return {str(image): list(files) for image, files in masks.groupby("image", sort=False)["file"]}


def _paper_sets(classes: pd.Series, seed: int) -> NDArray[np.object_]:
    """Split as the paper's numbers imply; see core/paper/statements.py."""
    sets = np.full(len(classes), "train", object)
    rng = np.random.default_rng(seed)
    for name in sorted(set(classes)):
        rows = np.flatnonzero(classes == name)
        test = rng.choice(rows, len(rows) // _TENTHS, replace=False)
        rest = np.setdiff1d(rows, test)
        sets[test] = "test"
        # Keras's validation_split takes the first share of the sorted names.
        sets[rest[: int(0.2 * len(rest))]] = "validation"
    return sets


def _stratified_sets(
    table: pd.DataFrame, seed: int, *, grouped: bool, fold: tuple[int, int] | None
) -> NDArray[np.object_]:
    folds = draw_folds(table, _TENTHS if fold is None else fold[1], seed, grouped=grouped)
    sets = np.full(len(table), "train", object)
    if fold is None:
        sets[np.isin(folds, (1, 2))] = "validation"
        sets[folds == 0] = "test"
        return sets
    test = folds == fold[0]
    rest = table[~test]
    sets[test] = "test"
    sets[np.flatnonzero(~test)[draw_validation(rest, seed, grouped=grouped)]] = "validation"
    return sets


def draw_folds(table: pd.DataFrame, count: int, seed: int, *, grouped: bool) -> NDArray[np.int64]:
    """Draw the fold of each row, int64 [N], stratified by class.

    Args:
        table: rows of images with ``class``, ``group`` and ``file``, N.
        count: number of folds.
        seed: random seed.
        grouped: whether each group stays together.

    Raises:
        UserError: a class has too few images or groups.
    """
    # Imported late because the app runs without scikit-learn.
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # noqa: PLC0415

    smallest = table.groupby("class")["group" if grouped else "file"].nunique()
    number = int(smallest.min())
    if number < count:
        one, several = ("group of images", "groups of images") if grouped else ("image", "images")
        kinds = " (near-duplicates, patients or sub-folders)" if grouped else ""
        raise UserError(
            f"class {smallest.idxmin()!r} has {number} {one if number == 1 else several}{kinds}, "
            f"but a split into {count} needs at least {count}; add more."
        )
    folder = (StratifiedGroupKFold if grouped else StratifiedKFold)(count, shuffle=True, random_state=seed)
    folds = np.empty(len(table), np.int64)
    for number, (_, rows) in enumerate(
        folder.split(table, table["class"], table["group"] if grouped else None)
    ):
        folds[rows] = number
    # scikit-learn assigns the largest groups first, in the same order under every seed. Without permuted fold
    # numbers the same large groups would be in every test set.
    return np.random.default_rng(seed).permutation(count)[folds]
