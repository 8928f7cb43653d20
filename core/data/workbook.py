"""Read the first sheet of an Excel workbook (.xlsx) from an untrusted source as rows of text."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_COLUMNS = 2_000
_MAX_ROWS = 2**20  # of Excel itself; a row far below makes the reader write every row above it
# Unpacked. The reader holds shared texts and styles in memory, at about ten times their size.
_MAX_BYTES = 32 * 2**20
_MAX_ENTRIES = 1_000


class WorkbookError(ValueError):
    """A workbook that cannot be read. The message ends a sentence whose subject is the file."""


def read_rows(data: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first sheet that is not empty, as texts; '' for an empty cell.

    Formulas give the values that were last computed. Whole numbers have no decimal point, dates are written
    as in ISO 8601.

    Args:
        data: bytes of the file.

    Raises:
        WorkbookError: it is no workbook, or is too large.
    """
    import openpyxl  # noqa: PLC0415 - importing it takes 0.15 s, and few tables are workbooks

    _check_size(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on parts of Excel that it does not know
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what the file says of them may be wrong
                empty = True
                for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                    row = [_text(cell) for cell in cells]
                    if number > _MAX_ROWS or len(row) > MAX_COLUMNS:
                        limits = f"{_MAX_ROWS:,} rows or {MAX_COLUMNS:,} columns"
                        raise WorkbookError(f"has more than {limits}; save what is needed as CSV")  # noqa: TRY301
                    empty = empty and not any(row)
                    yield row
                if not empty:
                    return
    except WorkbookError:
        raise
    except Exception:  # noqa: BLE001 - on a damaged file the reader raises any exception
        raise WorkbookError("is a damaged Excel workbook; save it again, or as CSV") from None


def _check_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            infos = opened.infolist()
    except Exception:  # noqa: BLE001 - on a damaged file zipfile raises any exception
        raise WorkbookError("is a damaged Excel workbook or another kind of file; save it as CSV") from None
    if not any(info.filename.lower().endswith("workbook.xml") for info in infos):
        raise WorkbookError("is a ZIP file and no Excel workbook; give a CSV or .xlsx table")
    # zipfile stops at the declared size of an entry, so what is declared bounds what is read.
    size = sum(info.file_size for info in infos if not info.filename.startswith("xl/media/"))
    if size > _MAX_BYTES or len(infos) > _MAX_ENTRIES:
        raise WorkbookError(
            f"is an Excel workbook that unpacks to more than {_MAX_BYTES // 2**20} MB; save it as CSV"
        )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
