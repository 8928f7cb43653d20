"""Labels, patients, sets and masks of images from a table."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data import known_tables, user_table
from core.data.known_tables import Columns
from core.data.label_rows import NOTHING, about_gaps, describe_rows, files_with_two, one_row_per_file
from core.data.mask_names import names_masks
from core.data.written_names import Ambiguous, examples, match_files, match_names
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.data.class_names import ClassMap
    from core.data.known_tables import KnownTable

TABLE_ENDINGS = (".csv", ".tsv", ".xlsx")
NEEDED = "it needs a column of file names and one of classes"
_SEVERAL = re.compile(r"\s*[&;,|]\s*")


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


def find_tables(folder: Path, files: Iterable[str]) -> tuple[list[Table], list[str]]:
    """Find the tables of labels among the files of a folder.

    Args:
        folder: data folder.
        files: paths below it.

    Returns:
        Those of a known kind, all of one; and a sentence on each other that ``--table`` would take as it is,
        and on each workbook that cannot be read. They name no folder, since visitors of the app read them.

    Raises:
        UserError: tables of several kinds are known.
    """
    by_kind: dict[KnownTable, list[Table]] = {}
    sentences: list[str] = []
    for file in files:
        if PurePosixPath(file).suffix.lower() not in TABLE_ENDINGS:
            continue
        try:
            table = open_table(folder / file)
        except UserError as error:  # a text may be anything
            if PurePosixPath(file).suffix.lower() == ".xlsx":
                sentences.append(str(error).replace(f"the table {folder / file}", file))
            continue
        if known := known_tables.recognise(table.rows):
            by_kind.setdefault(known, []).append(table)
        elif isinstance(known_tables.find_columns(table.rows), Columns):
            sentences.append(f"{file} is not used; give it with --table to take the classes from it.")
    if len(by_kind) > 1:
        first, second = (tables[0].path.name for tables in list(by_kind.values())[:2])
        raise UserError(f"{folder} has two tables of labels, {first} and {second}; name one with --table.")
    return next(iter(by_kind.values()), []), sentences


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
                f"the table {path} names {name!r}, which may be {file.words()}; write its folder "
                "and ending too."
            )
    if not any(found):
        but = f", but {examples(written)}" if any(written) else ""
        raise UserError(
            f"the table {path} names none of the {len(images)} images{but}; give its column of file names "
            "with --image-column."
        )
    remarks = [] if known else [_taken_from(path, rows, columns, chosen=names.label is not None)]
    if missing := [name for name, file in zip(written, found, strict=True) if not file and name]:
        remarks.append(_not_found(path, missing))
    listed = rows[[bool(file) for file in found]]
    of_row = [file for file in found if isinstance(file, str)]
    described = describe_rows(listed, of_row, path, columns, classes, known)
    two = described.loc[described["class"].map(len) > 1, "file"]
    if len(two):
        remarks.append(
            f"{path.name} gives two labels to {_images(len(two))}, which {_are(len(two))} left out: "
            f"{examples(two)}."
        )
    described["class"] = [labels[0] if len(labels) == 1 else "" for labels in described["class"]]
    remarks += about_gaps(
        path, described, listed[columns.own_set] if columns.own_set else pd.Series(dtype=str)
    )
    owners: dict[str, str] = {}
    for column in columns.masks:
        of_image = [
            (name, image)
            for image, cell in zip(of_row, listed[column], strict=True)
            for name in _SEVERAL.split(cell.strip())
            if name.casefold() not in NOTHING
        ]
        found = match_names([name for name, _ in of_image], inside, folder_names)
        owners |= {
            mask: image for mask, (_, image) in zip(found, of_image, strict=True) if isinstance(mask, str)
        }
    return Labels(described, owners, path, tuple(remarks), known, bool((described["patient"] != "").any()))


def join(read: Sequence[Labels]) -> tuple[pd.DataFrame, list[str]]:
    """Return what several tables say of the files of a data set, one row per file, and all remarks.

    A file to which two tables give different labels has none.

    Raises:
        UserError: two tables give different sets or patients.
    """
    remarks = [remark for each in read for remark in each.remarks]
    table = pd.concat([each.table for each in read], ignore_index=True)
    if len(read) == 1:
        return table, remarks
    for column in ("set", "patient"):
        if len(two := files_with_two(table, column)):
            paths = " and ".join(str(each.path) for each in read)
            raise UserError(f"the tables {paths} have two {column}s for {examples(two)}; keep one.")
    two = files_with_two(table, "class")
    table.loc[table["file"].isin(two), "class"] = ""
    if len(two):
        remarks.append(
            f"The tables give two labels to {_images(len(two))}, which {_are(len(two))} left out: "
            f"{examples(two)}."
        )
    return one_row_per_file(table), remarks


def _columns(table: Table, names: ColumnNames) -> tuple[Columns, KnownTable | None]:
    """Return the columns of a table as it spells them, and which known table it is."""
    path, rows = table
    known = None if any(names) else known_tables.recognise(rows)
    if known is not None and known.name is not None:
        columns: Columns | str = known.columns
    else:
        given = {"image": known.columns.image, "label": known.columns.label} if known else names._asdict()
        columns = known_tables.find_columns(rows, **given)
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


def _not_found(path: Path, missing: Sequence[str]) -> str:
    return f"{path.name} lists {_images(len(missing))} that the data do not have: {examples(missing)}."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _taken_from(path: Path, rows: pd.DataFrame, columns: Columns, *, chosen: bool) -> str:
    """Return a sentence on the columns of a table that is not known, which may be the wrong ones.

    Args:
        path: path of the table.
        rows: its rows.
        columns: its columns that are read.
        chosen: whether the user named the column of classes.
    """
    others = [("patients", columns.patient), ("sets", columns.own_set), ("masks", ", ".join(columns.masks))]
    parts = [f"{what} from {column!r}" for what, column in others if column]
    text = ", ".join([f"Classes come from the column {columns.label!r} of {path.name}", *parts])
    also = [] if chosen else known_tables.label_columns(rows, but=columns.label)
    return f"{text}." + (f" --label-column chooses {examples(also, 'or')} instead." if also else "")


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"
