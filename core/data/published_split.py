"""Apply a published split, which is read from a file, in place of a random one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import user_table
from core.data.groups import has_conflicting_labels
from core.data.listing import utf8_name
from core.data.provenance import GivenSplit
from core.data.set_names import set_of_name
from core.data.splits import LEFT_OUT, SEEN_SETS, SETS, draw_validation, split_table
from core.data.written_names import Ambiguous, examples, match_files
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.data.provenance import Protocol

HASH_DIGITS = 12
# A file name in the split.csv of a bundle that was pushed with --hide-file-names.
_HIDDEN_NAME = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}(-\d+)?")

WHAT = "the split file"
_MAX_NAME = 255


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
    """Read a split from a table.

    Args:
        path: table with a column of files and one of sets, named as ``user_table.FILE_COLUMNS`` and
            ``user_table.SET_COLUMNS`` have it. ``written_names.match_names`` says how a file may be named; a
            set is train, validation or test in any spelling of ``set_of_name``, or left out. Other columns
            are ignored.

    Raises:
        UserError: the file cannot be read, lacks a column, or has an unknown set.
    """
    needed = "it needs the columns file and set"
    file, column = user_table.read_by_file(path, WHAT, needed, user_table.SET_COLUMNS)
    known = {name: _set(name) for name in column.unique()}
    unknown = [name for name, meant in known.items() if meant is None]
    if unknown:
        row = int(column.isin(unknown).argmax())
        raise UserError(
            f"{WHAT} {path} has the set {column.iloc[row]!r} for {file.iloc[row]!r}; "
            "write train, validation or test."
        )
    return SplitFile(path, pd.DataFrame({"file": file, "set": column.map(known)}))


def _set(name: str) -> str | None:
    left_out = re.sub(r"[\W_]", "", name.casefold()) == LEFT_OUT.replace(" ", "")
    return LEFT_OUT if left_out else set_of_name(name)


def is_hidden_name(file: str) -> bool:
    """Return whether a file name is a hash prefix, as ``push --hide-file-names`` writes them."""
    return _HIDDEN_NAME.fullmatch(file) is not None


def split(
    split_files: Sequence[SplitFile],
    index: pd.DataFrame,
    groups: NDArray[np.int64],
    protocol: Protocol,
    *,
    duplicate_groups: NDArray[np.int64],
    seed: int,
    folder_names: Collection[str] = (),
    left_out: Collection[str] = (),
) -> tuple[pd.DataFrame, GivenSplit]:
    """Split the images of an index as split files list them, or as the data set itself is split.

    Masks and unlisted images are left out. ``naive`` uses the split unchanged. ``clean`` keeps the test set,
    so that results stay comparable, and removes from training and validation the images with conflicting
    labels and those in a group with a test image, and from training also those in a group with a validation
    image. Where a data set's own split has no validation set, an eighth of its training set is drawn.

    Args:
        split_files: split files, from ``read``; none for the data set's own split.
        index: index table, N rows.
        groups: group of each row, int64 [N], from ``core.data.groups.assign_groups`` or ``join_patients``.
        protocol: ``naive`` or ``clean``.
        duplicate_groups: near-duplicate group of each row, int64 [N], not joined with patient ids.
        seed: random seed of a validation set that is drawn.
        folder_names: names of the data folder, which may stand before a path.
        left_out: files of the data that are not in the index, which a split file may list.

    Returns:
        The split table, as from ``core.data.splits.split``, and the facts that a bundle records.

    Raises:
        UserError: a file name is unknown, ambiguous or in two sets; a set lacks one of the classes; or a
            source has no split.
    """
    images = (index["kind"] == "image").to_numpy()
    if split_files:
        what = f"{WHAT} {' and '.join(str(file.path) for file in split_files)}"
        listed = listed_sets(split_files, index, folder_names, left_out)
    else:
        what, listed = "the split of the data set", index["set"].where(index["set"] != "")
        if not listed.notna().any():
            raise UserError(
                "the data set has no split of its own: its folders are not called train and test, and no "
                "table has a column split; leave out --split own, or give a table with --split FILE."
            )
    sets = np.where(images, listed.fillna(LEFT_OUT), LEFT_OUT).astype(object)
    for source in index["source"].unique():
        if not np.isin(sets[(index["source"] == source).to_numpy()], SETS).any():
            raise UserError(
                f"{what} has no image of {source}; give a split for each data set, or none."
                if split_files
                else f"{source} has no split of its own; leave out --split own, or give --split FILE for "
                "each data set."
            )
    drawn = not split_files and "validation" not in sets
    required = [name for name in SETS if not (drawn and name == "validation")]
    _check(f"{what} has", sets, index["class"], required)
    conflicting = has_conflicting_labels(index, duplicate_groups).to_numpy()
    seen_before = np.isin(sets, SEEN_SETS)
    if protocol == "clean":
        sets[seen_before & conflicting] = LEFT_OUT
        for later, earlier in (("test", SEEN_SETS), ("validation", ("train",))):
            sets[np.isin(sets, earlier) & np.isin(groups, groups[sets == later])] = LEFT_OUT
        patients = len(np.unique(groups)) < len(np.unique(duplicate_groups))
        related = " and images of the same patients or sub-folders," if patients else ""
        advice = " Leave out --split to draw a new one, or add --protocol naive to take it as it stands."
        _check(f"without near-duplicates{related} {what} leaves", sets, index["class"], required, advice)
    if drawn:
        training = np.flatnonzero(sets == "train")
        of_training = index.assign(group=groups).iloc[training]
        sets[training[draw_validation(of_training, seed, grouped=protocol == "clean")]] = "validation"
        _check(f"{what} leaves", sets, index["class"], SETS)
    test, seen = sets == "test", np.isin(sets, SEEN_SETS)
    facts = GivenSplit(
        file=utf8_name(" and ".join(file.path.name for file in split_files))[:_MAX_NAME] or None,
        unlisted=int((images & listed.isna().to_numpy()).sum()),
        removed=int((seen_before & ~seen).sum()),
        leaked=int((test & np.isin(groups, groups[seen])).sum()),
        conflicting=int((test & conflicting).sum()),
    )
    return split_table(index, groups, sets), facts


def describe_own_split(index: pd.DataFrame, *, used: bool) -> str:
    """Return a sentence on the data set's own split, or '' where it has none or it is used.

    Args:
        index: index table.
        used: whether the own split is used.
    """
    images = index[(index["kind"] == "image") & (index["set"] != "")]
    if images.empty or used:
        return ""
    sizes = ", ".join(f"{count} {name}" for name in SETS if (count := int((images["set"] == name).sum())))
    having = sorted(set(images["source"]))
    lacking = [name for name in ("train", "test") if not (images["set"] == name).any()]
    if lacking:
        return (
            f"The data set has its own split ({sizes}), without a {lacking[0]} set: all images are "
            "pooled and split anew."
        )
    if others := sorted(set(index["source"]) - set(having)):
        return (
            f"{' and '.join(having)} {'has' if len(having) == 1 else 'have'} an own split ({sizes}), "
            f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} none: all images are pooled and "
            "split anew."
        )
    return (
        f"The data set has its own split ({sizes}): train --split own uses it; else all images are pooled "
        "and split anew."
    )


def listed_sets(
    split_files: Sequence[SplitFile],
    index: pd.DataFrame,
    folder_names: Collection[str],
    left_out: Collection[str],
) -> pd.Series:
    """Return the set of each row of the index, missing where no file lists it."""
    joined = pd.Series(np.nan, index.index, dtype=object)
    for split_file in split_files:
        listed = _listed_in(split_file, index, folder_names, left_out)
        if (listed.notna() & joined.notna()).any():
            file = index.loc[listed.notna() & joined.notna(), "file"].iloc[0]
            raise UserError(f"two split files list {file!r}; give one for each data set.")
        joined = joined.fillna(listed)
    return joined


def _listed_in(
    split_file: SplitFile, index: pd.DataFrame, folder_names: Collection[str], left_out: Collection[str]
) -> pd.Series:
    """Return the set of each row of the index, missing where the file does not list it."""
    path, table = split_file
    files = index["file"]
    images = list(files[index["kind"] == "image"])
    found = match_files(list(table["file"]), images, [*files, *left_out], folder_names)
    unknown = [name for name, one in zip(table["file"], found, strict=True) if one is None]
    if unknown and all(map(is_hidden_name, unknown)):
        raise UserError(
            f"{WHAT} {path} has hashes in place of file names, because its bundle was pushed "
            "with --hide-file-names; use the split.csv of the local bundle."
        )
    for name, one in zip(table["file"], found, strict=True):
        if isinstance(one, Ambiguous):
            raise UserError(
                f"{WHAT} {path} lists {name!r}, which may be {one.words()}; write each with its folder."
            )
    if unknown:
        which = "which is" if len(unknown) == 1 else "which are"
        raise UserError(
            f"{WHAT} {path} lists {examples(unknown)}, {which} not in the data; write paths relative to the "
            "data folder."
        )
    pairs = pd.DataFrame({"file": found, "set": table["set"]}).drop_duplicates()
    twice = pairs.loc[pairs["file"].duplicated(), "file"]
    if len(twice):
        raise UserError(f"{WHAT} {path} puts {twice.iloc[0]!r} into two sets; keep one.")
    return files.map(pairs.set_index("file")["set"])


def _check(
    what: str, sets: NDArray[np.object_], classes: pd.Series, required: Sequence[str], advice: str = ""
) -> None:
    """Raise a UserError if a set lacks a class; ``what`` and ``advice`` begin and end the message."""
    for name in required:
        in_set = sets == name
        if not in_set.any():
            raise UserError(f"{what} no {name} image; each of {', '.join(required)} needs some.{advice}")
        lacking = set(classes) - set(classes[in_set])
        if lacking:
            raise UserError(
                f"{what} no {name} image of class {min(lacking)!r}; add some to the set, or remove the class "
                f"from the data.{advice}"
            )
