"""Read CSV files that users wrote or that the authors of a data set published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import csv_table
from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def read(path: Path, what: str, needed: str) -> pd.DataFrame:
    """Read a CSV file with all cells as text; empty cells are empty strings.

    A name that this program wrote with a quote in front, ``core.csv_table`` says why, has none afterwards.

    Args:
        path: path of the file.
        what: subject of the error message, such as "the groups file".
        needed: end of the error message, such as "it needs the columns file and group".

    Raises:
        UserError: the file cannot be read, or is not a CSV table.
    """
    try:
        return csv_table.read_csv(path)
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read: {error.strerror or error}.") from None
    except ValueError:  # pandas's message describes its parser
        raise UserError(f"{what} {path} is not a CSV table; {needed}.") from None
