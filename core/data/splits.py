"""Which files take part in a training, and how they are split. Nothing else is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.data.groups import has_conflicting_labels
from core.data.listing import mask_owners
from core.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.data.provenance import Protocol

PARTS = ("train", "validation", "test")
SEEN_PARTS = ("train", "validation")
LEFT_OUT = "left out"
_TENTHS = 10


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
        fold: (k, K) takes fold k of K as the test set and an eighth of the rest for validation; only
            under ``clean``.
        copies: int [N], groups of near-duplicates alone, where ``groups`` joins patient ids with them.

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
            takes_part = (
                takes_part & ~has_conflicting_labels(index, groups if copies is None else copies).to_numpy()
            )
        images = index.assign(group=groups)[takes_part]
        parts[takes_part] = _stratified_parts(images, seed, grouped=protocol == "clean", fold=fold)
    for name in PARTS:
        lacking = set(index["class"]) - set(index.loc[parts == name, "class"])
        if lacking:
            raise UserError(
                f"the {protocol} protocol leaves no {name} image of class {min(lacking)!r}; "
                "add images of that class that are not copies of one another."
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
    """Return the mask files of each training image that has any, by its name.

    Args:
        split: a split table, whose rows are all files, masks too.
    """
    training = set(split.loc[split["part"] == "train", "file"])
    masks: dict[str, list[str]] = {}
    for mask, image in mask_owners(split["file"]).items():
        if image in training:
            masks.setdefault(image, []).append(mask)
    return masks


def _paper_parts(classes: pd.Series, seed: int) -> NDArray[np.object_]:
    """Split as the paper's numbers imply: see core/paper/statements.py."""
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
            f"class {smallest.idxmin()!r} has {smallest.min()} image(s) that are no copies of each other; "
            f"a split into {count} needs at least {count}: add images."
        )
    folder = (StratifiedGroupKFold if grouped else StratifiedKFold)(count, shuffle=True, random_state=seed)
    folds = np.empty(len(table), np.int64)
    for number, (_, rows) in enumerate(
        folder.split(table, table["class"], table["group"] if grouped else None)
    ):
        folds[rows] = number
    # scikit-learn deals out the largest groups first, in the same order whatever the seed: unless the folds
    # change their numbers, the same large groups are in every test set.
    return np.random.default_rng(seed).permutation(count)[folds]
