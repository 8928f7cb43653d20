"""Limits on the memory that reading a Parquet file from an untrusted source may take.

A file of a few megabytes can decode to any number of bytes: a page of equal rows, or one long text that a
million rows refer to, is a few bytes long. What the file says of itself is checked before anything is read.
It may lie, so readers also count what they decode, batch by batch, and stop there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyarrow.parquet import ParquetFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# The footer describes each column of each row group in about 200 bytes. Parsed, it takes many times as much.
_MAX_FOOTER_BYTES = 4 * 2**20
_MAX_FOOTER_ITEMS = 100_000  # of one list in it
_TAIL_BYTES = 8  # length of the footer, and the name of the format
_BUFFER_BYTES = 2**20


class ParquetLimitError(ValueError):
    """A Parquet file that asks for more than it may take."""


def open_parquet(path: Path, *, max_rows: int, dictionaries: Sequence[str] = ()) -> ParquetFile:
    """Open a Parquet file, whose data is then read in small pieces.

    Args:
        path: path of the file.
        max_rows: largest number of rows.
        dictionaries: columns of texts or bytes to read as dictionaries: a value takes memory once, however
            many rows refer to it.

    Raises:
        ParquetLimitError: it has more rows, or a footer of more than 4 MB.
        Exception: any error of the reader on a malformed file.
    """
    with path.open("rb") as opened:
        opened.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = opened.read(_TAIL_BYTES)
    footer_bytes = int.from_bytes(tail[:4], "little")
    if tail[4:] == b"PAR1" and footer_bytes > _MAX_FOOTER_BYTES:
        raise ParquetLimitError(f"a footer of {footer_bytes:,} bytes")
    file = ParquetFile(
        path,
        read_dictionary=list(dictionaries),
        buffer_size=_BUFFER_BYTES,
        pre_buffer=False,
        thrift_string_size_limit=_MAX_FOOTER_BYTES,
        thrift_container_size_limit=_MAX_FOOTER_ITEMS,
        arrow_extensions_enabled=False,
    )
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    rows = max(file.metadata.num_rows, sum(group.num_rows for group in groups))
    if rows > max_rows:
        raise ParquetLimitError(f"{rows:,} rows")
    return file
