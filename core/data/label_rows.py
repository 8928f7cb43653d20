"""What the rows of a table of labels say of each image: class, set, patient and further columns."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd

from core.data.set_names import set_of_name
from core.data.written_names import examples
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from core.data.class_names import ClassMap
    from core.data.known_tables import Columns, KnownTable

NOTHING = frozenset({"", "-", "na", "n/a", "nan", "none", "not available", "not applicable"})
# A class may be called "none".
_NO_LABEL = NOTHING - {"none"}
# pandas writes whole numbers with a decimal point where a cell of the column is empty.
_NUMBER = re.compile(r"(-?\d+)(?:\.0*)?")
_MOST_NUMBERS = 10
_NOT_A_LETTER = re.compile(r"\W+")
FURTHER = "table_"
"""Beginning of the name in the index of a further column that no other part of the program knows."""
# Further columns that other parts of the program know by one name.
_FURTHER_NAMES = {"birads": "birads", "bi_rads": "birads", "device": "device", "machine": "device"}


def describe_rows(
    rows: pd.DataFrame,
    files: Sequence[str],
    path: Path,
    columns: Columns,
    classes: ClassMap,
    known: KnownTable | None,
) -> pd.DataFrame:
    """Return one row per file: its classes (a list), set, patient, and further columns.

    Raises:
        UserError: labels are numbers without a meaning, or a file has two sets or patients.
    """
    described = pd.DataFrame({"file": files}, rows.index)
    written = {label: _label(label) for label in rows[columns.label].unique()}
    _check_numbers(written.values(), columns.label, classes)
    meant = {label: classes.class_of(text) if text else "" for label, text in written.items()}
    described["class"] = rows[columns.label].map(meant)
    described["set"] = (
        "" if columns.own_set is None else rows[columns.own_set].map(lambda name: set_of_name(name) or "")
    )
    if columns.patient is not None:
        ids = rows[columns.patient].str.strip()
        described["patient"] = ids.where(~ids.str.casefold().isin(NOTHING), "")
    elif known is not None and known.patient_in_name:
        pattern = re.compile(known.patient_in_name)
        matches = described["file"].map(lambda file: pattern.match(PurePosixPath(file).stem))
        described["patient"] = [match[1] if match else "" for match in matches]
    else:
        described["patient"] = ""
    used = {columns.image, columns.label, columns.patient, columns.own_set, *columns.masks, "file"}
    # Of columns with one name, such as BIRADS and BI-RADS, the first counts.
    further = {_further_name(name): name for name in reversed(rows.columns) if name not in used}
    described = described.join(rows[list(further.values())].apply(unified).set_axis(list(further), axis=1))
    for column in ("set", "patient"):
        if len(two := files_with_two(described, column)):
            raise UserError(f"the table {path} has two {column}s for {examples(two)}; keep one.")
    found = described.loc[described["class"] != "", ["file", "class"]].drop_duplicates()
    labels = found.groupby("file")["class"].agg(sorted).to_dict()
    one = one_row_per_file(described)
    one["class"] = [labels.get(file, []) for file in one["file"]]
    return one


def unified(cells: pd.Series) -> pd.Series:
    """Return cells of text of which equal values are spelt alike.

    Blanks around a value do not count, nor does case: the most frequent spelling stands for all. Whole
    numbers have no decimals, and what says that nothing is known, such as ``n/a``, becomes ''.
    """
    plain = cells.map(lambda cell: " ".join(str(cell).split()))
    plain = plain.map(lambda text: number[1] if (number := _NUMBER.fullmatch(text)) else text)
    folded = plain.str.casefold()
    spelling = plain.groupby(folded).agg(lambda spellings: spellings.value_counts().sort_index().idxmax())
    return folded.map(spelling).where(~folded.isin(NOTHING), "")


def _further_name(header: str) -> str:
    name = _NOT_A_LETTER.sub("_", header.casefold()).strip("_")
    # Of the table, not of the index: its own width need not be that of the file.
    return _FURTHER_NAMES.get(name, f"{FURTHER}{name}")


def _label(cell: str) -> str:
    """Return the label in a cell, a whole number without decimals; '' where it has none."""
    label = cell.strip()
    number = _NUMBER.fullmatch(label)
    return number[1] if number else "" if label.casefold() in _NO_LABEL else label


def _check_numbers(labels: Iterable[str], column: str, classes: ClassMap) -> None:
    numbers = sorted({label for label in labels if _NUMBER.fullmatch(label)}, key=int)
    if len(numbers) > _MOST_NUMBERS:
        raise UserError(
            f"the column {column!r} has {len(numbers)} different numbers in place of classes, such as "
            f"{examples(numbers)}; name the column of classes with --label-column."
        )
    if unexplained := [number for number in numbers if not classes.is_known(number)]:
        options = " ".join(f"--map {number}=CLASS" for number in numbers)
        raise UserError(
            f"the column {column!r} has the number {unexplained[0]} in place of a class; say what the "
            f"numbers mean: {options}."
        )


def files_with_two(table: pd.DataFrame, column: str) -> pd.Series:
    """Return the files that have two values in a column, empty ones not counted."""
    pairs = table.loc[table[column] != "", ["file", column]].drop_duplicates()
    return pairs.loc[pairs["file"].duplicated(), "file"].drop_duplicates()


def one_row_per_file(table: pd.DataFrame) -> pd.DataFrame:
    """Return the first value of each file in each column that is not empty."""
    return table.replace("", None).groupby("file", sort=False).first().fillna("").reset_index()


def about_gaps(path: Path, described: pd.DataFrame, sets: pd.Series) -> list[str]:
    """Return sentences on images without a patient, where others have one, and on sets that are none."""
    sentences = []
    without = described.loc[described["patient"] == "", "file"]
    if 0 < len(without) < len(described):
        sentences.append(
            f"{path.name}: {len(without)} of {len(described)} images have no patient; each counts as one: "
            f"{examples(without)}."
        )
    if unknown := [name for name in sets.unique() if name.strip() and set_of_name(name) is None]:
        sentences.append(
            f"{path.name}: images have no set where the column {sets.name!r} has {examples(unknown, 'or')}."
        )
    return sentences
