"""CSV files that people may open with a spreadsheet: writing and reading.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a formula.
Names of classes and files come from strangers, so every text cell that begins so gets a single quote in
front, as OWASP advises ("CSV injection"), and reading takes it off again. The same is done within a cell
behind a comma, a semicolon, a tab or a line break, where another country's spreadsheet begins a new cell.
Numbers stay as they are.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SEPARATORS = r"[,;\t\r\n]"
_BEGIN = rf"(?:^|(?<={_SEPARATORS}))"
# Quotes in front of a formula count as well: each writing adds one, each reading takes one off.
_FORMULA = r"'*[=+\-@\t\r\n]"
_WRITTEN = re.compile(rf"{_BEGIN}(?={_FORMULA})")
_READ = re.compile(rf"{_BEGIN}'(?={_FORMULA})")
# Most texts have neither and are long: fingerprints.
_SEPARATOR = re.compile(_SEPARATORS)
_FIRST = ("'", "=", "+", "-", "@")


def neutralise(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; ``restore`` gives the text back."""
    return _WRITTEN.sub("'", text) if _may_hold_formula(text) else text


def restore(text: str) -> str:
    """Return the text that ``neutralise`` was given."""
    return _READ.sub("", text) if _may_hold_formula(text) else text


def neutralised(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts, column names and lists of texts no spreadsheet takes for formulas."""
    return _map_texts(table, neutralise)


def to_csv(table: pd.DataFrame, *, header: bool = True) -> str:
    """Return a table as the text of a CSV file, without its index.

    Args:
        table: the table.
        header: whether the names of the columns come first.
    """
    safe = neutralised(table)
    # Python's writer leaves a carriage return bare, which readers take for the end of the row, and blanks at
    # the edge of a cell, which readers of other people's tables pass over.
    bare = any("\r" in cell or cell != cell.strip() for cell in _texts(safe))
    quoting = csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    # By default the line ends are the system's, and whatever writes the text adds those of Windows again.
    return safe.to_csv(index=False, header=header, quoting=quoting, lineterminator="\n")


def read_csv(path: Path, *, text_columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Read a CSV file; empty cells of text are empty strings.

    Args:
        path: path of the file, which ``to_csv`` or anybody else wrote.
        text_columns: columns that stay text even where they look like numbers; None for all.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a CSV table.
    """
    types: Any = str if text_columns is None else dict.fromkeys(text_columns, str)
    return _map_texts(pd.read_csv(path, dtype=types, keep_default_na=False), restore)


def _may_hold_formula(text: str) -> bool:
    return text.startswith(_FIRST) or _SEPARATOR.search(text) is not None


def _map_texts(table: pd.DataFrame, function: Callable[[str], str]) -> pd.DataFrame:
    def of_cell(cell: Any) -> Any:
        if isinstance(cell, str):
            return function(cell)
        return [of_cell(one) for one in cell] if isinstance(cell, list) else cell

    mapped = table.rename(columns=of_cell)
    for position, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            mapped.isetitem(position, mapped.iloc[:, position].map(of_cell))
    return mapped


def _texts(table: pd.DataFrame) -> Iterator[str]:
    yield from (name for name in table.columns if isinstance(name, str))
    for position, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            yield from (cell for cell in table.iloc[:, position] if isinstance(cell, str))
