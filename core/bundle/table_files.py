"""Reading the tables of a bundle from an untrusted source, within limits on rows and decoded bytes."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from core.csv_table import restore
from core.data.parquet_limits import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from pyarrow.parquet import ParquetFile

MAX_ROWS = 1_000_000
MAX_TABLE_BYTES = 2**28  # decoded: the split table of 180,000 images, the test set of a million
MAX_TEXT_BYTES = 4096
_MAX_COLUMNS = 1000
_MAX_LINE = 2**14  # characters of a row of CSV
_BATCH_BYTES = 2**28  # of the longest values together
# pandas writes with Snappy, whose output is at most 64 / 3 times as long. Zstandard and others have no such
# bound: two gigabytes may lie in a few hundred bytes.
_COMPRESSIONS = ("SNAPPY", "UNCOMPRESSED")
_NUMBERS = ("BOOLEAN", "INT32", "INT64", "FLOAT", "DOUBLE")
_TEXT = "BYTE_ARRAY"


class TableLimitError(ValueError):
    """A table of a bundle that is larger or more complicated than it may be."""


class Limits(NamedTuple):
    """Largest size of a table.

    Attributes:
        rows: number of rows.
        value_bytes: length of a text, in bytes.
        table_bytes: decoded size of the columns that are read, in bytes.
    """

    rows: int = MAX_ROWS
    value_bytes: int = MAX_TEXT_BYTES
    table_bytes: int = MAX_TABLE_BYTES


def read_csv(path: Path, columns: Sequence[str], texts: Sequence[str], limits: Limits) -> pd.DataFrame:
    """Return columns of a CSV file, without those that it lacks.

    Args:
        path: path of the file, in UTF-8.
        columns: names of the columns to read.
        texts: names of the columns that stay text, as ``core.csv_table`` restores it.
        limits: largest size of the table.

    Raises:
        TableLimitError: the table is larger, or a row has not as many values as the header.
        Exception: the file is not UTF-8.
    """
    if path.stat().st_size > limits.table_bytes:
        raise TableLimitError(f"{path.stat().st_size:,} bytes")
    # Not pandas's reader, which takes a row of a million commas for an index of a million columns.
    with path.open(encoding="utf-8", newline="") as file:
        rows = _rows(file)
        header = next(rows, [])
        kept = {name: header.index(name) for name in columns if name in header}
        values: dict[str, list[str]] = {name: [] for name in kept}
        for number, row in enumerate(rows, start=1):
            if len(row) != len(header) or len(header) > _MAX_COLUMNS or number > limits.rows:
                raise TableLimitError(f"row {number} of {len(row):,} values")
            for name, position in kept.items():
                values[name].append(row[position])
    return pd.DataFrame(
        {
            name: pd.Series(map(restore, column), dtype=str)
            if name in texts
            else pd.to_numeric(pd.Series(column, dtype=str))
            for name, column in values.items()
        }
    )


def _rows(file: TextIO) -> Iterator[list[str]]:
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        while line := file.readline(_MAX_LINE):
            taken += len(line)
            if taken >= _MAX_LINE:  # a row may go over several lines, in quotes
                raise TableLimitError(f"a row of more than {_MAX_LINE:,} characters")
            yield line

    for row in csv.reader(lines()):
        taken = 0
        yield row


def read_parquet(path: Path, columns: Sequence[str], limits: Limits) -> pd.DataFrame:
    """Return columns of a Parquet file, without those that it lacks.

    Args:
        path: path of the file.
        columns: names of the columns to read.
        limits: largest size of the table.

    Raises:
        TableLimitError: the table is larger, or written in a way that no bundle is.
        Exception: any error of the reader on a malformed file.
    """
    with open_parquet(path, max_rows=limits.rows) as file:
        kept = [name for name in columns if name in file.schema_arrow.names]
        texts = _checked(file, kept, path.stat().st_size, limits)
    rows, size, batches = 0, 0, []
    with open_parquet(path, max_rows=limits.rows, dictionaries=texts) as file:
        for batch in file.iter_batches(max(1, _BATCH_BYTES // limits.value_bytes), columns=kept):
            rows += batch.num_rows
            size += sum(_decoded_bytes(column, limits.value_bytes) for column in batch.columns)
            if rows > limits.rows or size > limits.table_bytes:
                raise TableLimitError(f"{rows:,} rows with {size:,} bytes")
            decoded = [_decoded(column) for column in batch.columns]
            batches.append(pa.RecordBatch.from_arrays(decoded, names=batch.schema.names))
    if not batches:
        return pd.DataFrame(columns=kept)
    # pandas's metadata in the file says how to rebuild the index; from an untrusted source it is ignored.
    return pa.Table.from_batches(batches).to_pandas(ignore_metadata=True)


def _checked(file: ParquetFile, columns: Sequence[str], file_bytes: int, limits: Limits) -> list[str]:
    """Return which columns hold texts or bytes, after checking what the file says of itself."""
    metadata, texts, stored, decoded = file.metadata, [], 0, 0
    if metadata.num_columns > _MAX_COLUMNS:
        raise TableLimitError(f"{metadata.num_columns:,} columns")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for position in range(metadata.num_columns):
        column = file.schema.column(position)
        if column.path not in columns and column.path.split(".")[0] not in columns:
            continue
        chunks = [group.column(position) for group in groups]
        if (
            column.path not in columns  # a part of a nested column
            or column.max_repetition_level > 0
            or column.physical_type not in (*_NUMBERS, _TEXT)
            or any(chunk.compression not in _COMPRESSIONS for chunk in chunks)
            or sum(chunk.num_values for chunk in chunks) > limits.rows
        ):
            raise TableLimitError(f"column {column.path!r} is not as in a bundle")
        if column.physical_type == _TEXT:
            texts.append(column.path)
        stored += sum(chunk.total_compressed_size for chunk in chunks)
        decoded += sum(chunk.total_uncompressed_size for chunk in chunks)
    # The reader reads as many bytes as it is told, so no part of the file may be told twice.
    if stored > file_bytes or decoded > limits.table_bytes:
        raise TableLimitError(f"{stored:,} bytes stored, {decoded:,} decoded")
    return texts


def _decoded_bytes(column: pa.Array, value_bytes: int) -> int:
    if not isinstance(column, pa.DictionaryArray):
        return int(column.nbytes)
    lengths = compute.binary_length(column.dictionary)
    if (compute.max(lengths).as_py() or 0) > value_bytes:
        raise TableLimitError(f"a value of more than {value_bytes:,} bytes")
    return int(compute.sum(lengths.take(column.indices)).as_py() or 0)


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
