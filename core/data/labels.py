"""Labels, patients, sets and masks of images from a table."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data import known_tables, user_table
from core.data.known_tables import Columns
from core.data.mask_names import names_masks
from core.data.set_names import set_of_name
from core.data.written_names import Ambiguous, examples, match_files, match_names
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.data.class_names import ClassMap
    from core.data.known_tables import KnownTable

TABLE_ENDINGS = (".csv", ".tsv", ".xlsx")
NEEDED = "it needs a column of file names and one of classes"
_SEVERAL = re.compile(r"\s*[&;,|]\s*")
_NOT_A_LETTER = re.compile(r"\W+")
_NO_MASK = frozenset({"", "-", "na", "n/a", "nan", "none", "not available", "not applicable"})
# Columns of the index itself, and further columns that other parts of the program know by one name.
_FURTHER_NAMES = {"birads": "birads", "bi_rads": "birads", "device": "device", "machine": "device"}


class ColumnNames(NamedTuple):
    """Columns that the user names, each None where they are found by their names."""

    image: str | None = None
    label: str | None = None
    patient: str | None = None


class Labels(NamedTuple):
    """What a table says of the files of a data set.

    Attributes:
        table: one row per image that it lists, with ``file`` (as in the data), ``class`` (empty where it has
            none or two), ``set``, ``patient`` (both may be empty), and its further columns.
        owners: mask → image, where the table has masks.
        path: path of the table.
        remarks: sentences on the table as a whole.
        known: the published data set that it belongs to, or None.
        has_patients: whether it has patient ids.
    """

    table: pd.DataFrame
    owners: dict[str, str]
    path: Path
    remarks: tuple[str, ...]
    known: KnownTable | None
    has_patients: bool


class Table(NamedTuple):
    """A table as it is written: its path and its rows, all cells text."""

    path: Path
    rows: pd.DataFrame


def open_table(path: Path) -> Table:
    """Read a table of labels that the user gives.

    Raises:
        UserError: it cannot be read.
    """
    return Table(path, user_table.read(path, "the table", NEEDED))


def find_tables(folder: Path, files: Iterable[str]) -> tuple[list[Table], list[Table]]:
    """Find the tables of labels among the files of a folder.

    Args:
        folder: data folder.
        files: paths below it.

    Returns:
        Those of a known kind, all of one; and others that ``--table`` would take as they are.

    Raises:
        UserError: tables of several kinds are known.
    """
    by_kind: dict[KnownTable, list[Table]] = {}
    others: list[Table] = []
    for file in files:
        if PurePosixPath(file).suffix.lower() not in TABLE_ENDINGS:
            continue
        try:
            table = open_table(folder / file)
        except UserError:  # it may be anything
            continue
        if known := known_tables.recognise(table.rows):
            by_kind.setdefault(known, []).append(table)
        elif isinstance(known_tables.find_columns(table.rows), Columns):
            others.append(table)
    if len(by_kind) > 1:
        first, second = (tables[0].path.name for tables in list(by_kind.values())[:2])
        raise UserError(f"{folder} has two tables of labels, {first} and {second}; name one with --table.")
    return next(iter(by_kind.values()), []), others


def written_names(table: Table, names: ColumnNames) -> list[str]:
    """Return the file names in a table as they are written there.

    Raises:
        UserError: its columns do not tell what they are.
    """
    return list(table.rows[_columns(table, names)[0].image])


def read_labels(
    table: Table,
    files: Sequence[str],
    classes: ClassMap,
    names: ColumnNames,
    folder_names: Sequence[str],
    *,
    below: str = "",
) -> Labels:
    """Read a table of labels and find its files.

    Args:
        table: the table.
        files: image files of the data, paths with slashes.
        classes: meaning of class names.
        names: columns that the user names.
        folder_names: names of the data folder, which may stand before a file's.
        below: folder of the table in the data; it describes files in this folder alone.

    Raises:
        UserError: its columns do not tell what they are, it names none of the files, or its labels are
            numbers that ``--map`` does not explain.
    """
    path, rows = table
    columns, known = _columns(table, names)
    inside = [file for file in files if file.startswith(f"{below}/" if below else "")]
    images = [file for file in inside if not any(map(names_masks, PurePosixPath(file).parent.parts))]
    written = list(rows[columns.image])
    found = match_files(written, images, inside, folder_names)
    for name, file in zip(written, found, strict=True):
        if isinstance(file, Ambiguous):
            raise UserError(
                f"the table {path} names {name!r}, which may be {file.words()}; write its folder too."
            )
    rows = rows.assign(file=[file or "" for file in found])
    if (rows["file"] == "").all():
        raise UserError(
            f"the table {path} names none of the {len(images)} images, but "
            f"{examples(rows[columns.image])}; give its column of file names with --image-column."
        )
    remarks = [*([] if known else [_taken_from(path, columns)]), *_not_found(path, rows, columns.image)]
    listed = rows[rows["file"] != ""]
    described = _described(listed, columns, classes, known)
    two = described.loc[described["class"].map(len) > 1, "file"]
    if len(two):
        remarks.append(
            f"{path.name} gives two labels to {_images(len(two))}, which are left out: {examples(two)}."
        )
    described["class"] = [labels[0] if len(labels) == 1 else "" for labels in described["class"]]
    owners: dict[str, str] = {}
    for column in columns.masks:
        for image, cell in zip(listed["file"], listed[column], strict=True):
            written = [name for name in _SEVERAL.split(cell.strip()) if name.casefold() not in _NO_MASK]
            owners |= {
                mask: image for mask in match_names(written, inside, folder_names) if isinstance(mask, str)
            }
    return Labels(described, owners, path, tuple(remarks), known, bool((described["patient"] != "").any()))


def _columns(table: Table, names: ColumnNames) -> tuple[Columns, KnownTable | None]:
    """Return the columns of a table as it spells them, and which known table it is."""
    path, rows = table
    known = None if any(names) else known_tables.recognise(rows)
    columns = known.columns if known else known_tables.find_columns(rows, **names._asdict())
    if not isinstance(columns, Columns):
        has = f"the table {path} has the columns {', '.join(rows.columns)}"
        if columns in ("image", "label"):
            what = "file names" if columns == "image" else "classes"
            raise UserError(f"{has}, none of which is known to hold {what}; name it with --{columns}-column.")
        raise UserError(f"{has}, and none is called {columns!r}; check its spelling.")

    def spelled(name: str | None) -> str | None:
        return None if name is None else user_table.find_column(rows, [name])

    return Columns(
        str(spelled(columns.image)),
        str(spelled(columns.label)),
        spelled(columns.patient),
        spelled(columns.own_set),
        tuple(name for name in map(spelled, columns.masks) if name),
    ), known


def _described(
    rows: pd.DataFrame, columns: Columns, classes: ClassMap, known: KnownTable | None
) -> pd.DataFrame:
    """Return one row per file: its classes (a list), set, patient, and further columns."""
    _check_numbers(rows[columns.label], columns.label, classes)
    described = pd.DataFrame({"file": rows["file"]})
    described["class"] = [classes.class_of(label) if label.strip() else "" for label in rows[columns.label]]
    described["set"] = (
        "" if columns.own_set is None else rows[columns.own_set].map(lambda name: set_of_name(name) or "")
    )
    if columns.patient is not None:
        described["patient"] = rows[columns.patient]
    elif known is not None and known.patient_in_name:
        pattern = re.compile(known.patient_in_name)
        matches = rows["file"].map(lambda file: pattern.match(PurePosixPath(file).stem))
        described["patient"] = [match[1] if match else "" for match in matches]
    else:
        described["patient"] = ""
    used = {columns.image, columns.label, columns.patient, columns.own_set, *columns.masks, "file"}
    further = {name: _further_name(name) for name in rows.columns if name not in used}
    described = described.join(rows[list(further)].rename(columns=further))
    by_file = described.groupby("file", sort=False)
    one = by_file.first()
    one["class"] = by_file["class"].agg(lambda labels: sorted(set(labels) - {""}))
    return one.reset_index()


def _further_name(header: str) -> str:
    name = _NOT_A_LETTER.sub("_", header.casefold()).strip("_")
    # Of the table, not of the index: its own width need not be that of the file.
    return _FURTHER_NAMES.get(name, f"table_{name}")


def _check_numbers(labels: pd.Series, column: str, classes: ClassMap) -> None:
    numbers = sorted({label.strip() for label in labels if label.strip().lstrip("-").isdigit()}, key=int)
    if unexplained := [number for number in numbers if not classes.is_known(number)]:
        options = " ".join(f"--map {number}=CLASS" for number in numbers)
        raise UserError(
            f"the column {column!r} has the number {unexplained[0]} in place of a class; say what the "
            f"numbers mean: {options}."
        )


def _taken_from(path: Path, columns: Columns) -> str:
    """Return a sentence on the columns of a table that is not known, which may be the wrong ones."""
    others = [("patients", columns.patient), ("sets", columns.own_set), ("masks", ", ".join(columns.masks))]
    parts = [f"{what} from {column!r}" for what, column in others if column]
    return ", ".join([f"Classes come from the column {columns.label!r} of {path.name}", *parts]) + "."


def _not_found(path: Path, rows: pd.DataFrame, column: str) -> list[str]:
    missing = rows.loc[rows["file"] == "", column]
    if missing.empty:
        return []
    return [f"{path.name} lists {_images(len(missing))} that the data do not have: {examples(missing)}."]


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"
