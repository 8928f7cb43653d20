"""A table that a user wrote or a data set's authors published, read as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, what: str, needed: str) -> pd.DataFrame:
    """Read a CSV file; every cell is text, empty ones too.

    Args:
        path: of the file.
        what: what the file is, such as "the groups file", for the sentence.
        needed: what it needs, such as "it needs the columns file and group".

    Raises:
        UserError: the file cannot be read, or is no CSV table.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read: {error.strerror or error}.") from None
    except ValueError:  # pandas tells of its own parser
        raise UserError(f"{what} {path} is no CSV table; {needed}.") from None
