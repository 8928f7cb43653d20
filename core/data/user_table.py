"""Read tables that users wrote or that the authors of a data set published: CSV in any spelling, or .xlsx."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.csv_table import restore
from core.data.workbook import MAX_COLUMNS, WorkbookError, read_rows
from core.data.written_names import first_few
from core.errors import UserError
from core.files import size_in_words, why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

# Names of columns, best first: the file of an image, its class, its masks, its patient, its group in a table
# of groups, its fold, its set.
FILE_COLUMNS = (
    *("file", "filename", "filepath", "path", "busifile", "imagefile", "imagefilename", "imagename"),
    *("imagepath", "image", "img", "imageid", "imgid", "name", "id"),
)
LABEL_COLUMNS = (
    *("label", "class", "classlabel", "classname", "labels", "pathology", "classification", "diagnosis"),
    *("category", "target", "tumortype", "lesiontype", "type"),
)
MASK_COLUMNS = ("mask", "maskfilename", "maskfile", "maskpath", "segmentation", "segmentationmask")
PATIENT_COLUMNS = (
    *("patient", "patientid", "patientnumber", "pid", "case", "caseid", "casenumber"),
    *("subject", "subjectid", "video", "videoid"),
)
GROUP_COLUMNS = ("group", *PATIENT_COLUMNS)
FOLD_COLUMNS = ("kfold", "fold", "folds", "cvfold", "foldid")
SET_COLUMNS = ("set", "part", "split", "subset", "partition")

_MAX_BYTES = 256 * 2**20
_SEPARATORS = (",", ";", "\t")
_SNIFFED_ROWS = 50
_SHOWN_COLUMNS = 6
_NOT_COMPARED = re.compile(r"[\s_\-]+")
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# What has the name of a table and is none, by its first bytes.
_OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": "is an Excel workbook of before 2007 (.xls) or has a password; save it as CSV",
    b"%PDF-": "is a PDF document; give a CSV or .xlsx table",
}


def read(path: Path, what: str, needed: str) -> pd.DataFrame:
    """Read a table with all cells as text; empty cells are empty strings.

    The separator (comma, semicolon or tab) is the one that parts the first line into the most cells, and the
    lines after it into as many. Blanks after a separator do not count unless they are quoted. The encoding is
    UTF-8, UTF-16 or else Windows-1252. A workbook gives its first sheet. The names of columns have no blanks
    around them. A name that this program wrote with a quote in front, ``core.csv_table`` says why, has none
    afterwards.

    Args:
        path: path of the file; the content decides what it is, not the ending.
        what: subject of the error message, such as "the groups file".
        needed: end of the error message, such as "it needs the columns file and group".

    Raises:
        UserError: the file cannot be read, or is no table.
    """
    data = _content(path, what)
    try:
        rows = list(_rows(data))
    except WorkbookError as error:
        raise UserError(f"{what} {path} {error}.") from None
    except ValueError as error:
        raise UserError(f"{what} {path} is not a table: {error}; {needed}.") from None
    if not rows:
        raise UserError(f"{what} {path} is empty; {needed}.")
    (_, header), *body = rows
    width = len(header)
    for line, row in body:
        if any(row[width:]):
            count = "1 cell" if width == 1 else f"{width} cells"
            raise UserError(
                f"{what} {path} is not a table: line {line} has {len(row)} cells and the first line, "
                f"{_shown(header[0])}, has {count}; {needed}."
            )
    cells = ([*map(restore, row[:width]), *[""] * (width - len(row))] for _, row in body)
    table = pd.DataFrame(list(cells), columns=range(width), dtype=str)
    names = [restore(name).strip("\ufeff").strip() for name in header]
    # Spreadsheets write separators behind the last column.
    used = [number for number, name in enumerate(names) if name or (table[number] != "").any()]
    return table[used].set_axis(_distinct([names[number] for number in used]), axis=1)


def find_column(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """Return the first of the named columns that a table has, or None.

    Case, blanks, underscores and hyphens do not matter: ``Patient ID`` is ``patient_id``.

    Args:
        columns: names of the table's columns, or the table itself.
        names: names of columns, best first.
    """
    given = list(columns)
    compared = {_compared(column): column for column in reversed(given)}
    found = (name if name in given else compared.get(_compared(name)) for name in names)
    return next((column for column in found if column is not None), None)


def describe_columns(table: pd.DataFrame) -> str:
    """Return the names of the columns of a table for an error message, such as "the columns 'a' and 'b'"."""
    names = [_shown(name) for name in table.columns]
    if len(names) == 1:
        return f"one column, {names[0]}"
    *first, last = first_few(names, _SHOWN_COLUMNS)
    return f"the columns {', '.join(first)} and {last}"


def read_by_file(path: Path, what: str, needed: str, names: Iterable[str]) -> tuple[pd.Series, pd.Series]:
    """Read the columns of files and of one more thing from a table.

    Args:
        path: table.
        what: what it is, for messages.
        needed: sentence on the columns that it needs, for messages.
        names: names of the other column, best first.

    Returns:
        The files, named as ``FILE_COLUMNS`` has it, and the other column.

    Raises:
        UserError: the file cannot be read or lacks a column.
    """
    table = read(path, what, needed)
    file, other = (find_column(table, each) for each in (FILE_COLUMNS, names))
    if file is None or other is None:
        raise missing_columns(table, path, what, needed)
    return table[file], table[other]


def missing_columns(table: pd.DataFrame, path: Path, what: str, needed: str) -> UserError:
    """Return the error for a table that lacks a column; it names the columns that are there.

    Args:
        table: table, from ``read``.
        path: path of its file.
        what: subject of the error message, as for ``read``.
        needed: end of the error message, as for ``read``.
    """
    how = "" if len(table.columns) > 1 else ", separated by commas, semicolons or tabs"
    return UserError(f"{what} {path} has {describe_columns(table)}; {needed}{how}.")


def _content(path: Path, what: str) -> bytes:
    try:
        if not path.is_file() and path.exists():  # a pipe would block
            raise UserError(f"{what} {path} is not a file; give a CSV or .xlsx table.")
        size = path.stat().st_size
        if size > _MAX_BYTES:
            limit = size_in_words(_MAX_BYTES)
            raise UserError(f"{what} {path} has {size_in_words(size)}, and the limit is {limit}; shorten it.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read: {why(error)}.") from None


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line and the cells of each row that is not empty."""
    for magic, sentence in _OTHER_FORMATS.items():
        if data.startswith(magic):
            raise WorkbookError(sentence)
    if data.startswith(b"PK\x03\x04"):
        for number, row in enumerate(read_rows(data), start=1):
            if any(row):
                yield number, row
        return
    encoding = _encoding(data)
    reader = _reader(data, encoding, _separator(data, encoding))
    line = 1
    try:
        for row in reader:
            if len(row) > MAX_COLUMNS:
                raise ValueError(f"line {line} has more than {MAX_COLUMNS:,} cells")
            if any(row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error:
        # With one quotation mark too few, the rest of the file would become one cell.
        raise ValueError(
            f"line {line} has a quotation mark without its counterpart, or text behind it"
        ) from None


def _encoding(data: bytes) -> str:
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS.items() if data.startswith(mark)]
    # Every second byte of Latin letters in UTF-16 is zero.
    head, zero = data[:1024], b"\0"
    guessed = [
        encoding
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be"))
        if head[start::2].count(zero) > len(head) // 4
    ]
    for name in (*marked, *guessed, "utf-8", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return name
    raise ValueError("it is not text in UTF-8, UTF-16 or Windows-1252")


def _reader(data: bytes, encoding: str, separator: str) -> Any:  # csv has no public name for its type
    # io.StringIO would take four bytes for each letter.
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)


def _separator(data: bytes, encoding: str) -> str:
    def fit(separator: str) -> tuple[bool, bool, int]:
        try:
            rows = islice(_reader(data, encoding, separator), _SNIFFED_ROWS)
            widths = [len(row) for row in rows if any(row)]
        except csv.Error:
            return False, False, 0
        cells = widths[0] if widths else 0
        return cells > 1, all(width == cells for width in widths), cells

    return max(_SEPARATORS, key=fit)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names of columns in which one that comes again has a number, as pandas writes it."""
    distinct: dict[str, None] = {}
    for name in names:
        number, free = 0, name
        while free in distinct:
            number += 1
            free = f"{name}.{number}"
        distinct[free] = None
    return list(distinct)


def _compared(name: str) -> str:
    return unicodedata.normalize("NFC", _NOT_COMPARED.sub("", name).casefold())


def _shown(name: str) -> str:
    return f"{name!r:.60}"
