"""Redaction of file names, which may contain patient ids, in the tables of a bundle."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from core.bundle.manifest import ANCESTORS, OUT_OF_FOLD, SPLIT, TEST_SET, VALIDATION, FileEntry
from core.csv_table import to_csv
from core.data.published_split import HASH_DIGITS

if TYPE_CHECKING:
    import pandas as pd

    from core.bundle.folder import Bundle

# The tables with names of this training's files. The first one has all images of the others.
_TABLES = (SPLIT, TEST_SET, VALIDATION, OUT_OF_FOLD)


def redacted_tables(bundle: Bundle) -> tuple[dict[str, bytes], dict[str, FileEntry]]:
    """Return the tables of a bundle with hash prefixes in place of file names.

    The prefix is the first 12 digits of the image's SHA-256, which the tables have anyway; images with the
    same pixels are numbered. A hash of the file name would not hide it, since names can be guessed. Columns
    that no page reads are dropped, since they might contain names.

    Returns:
        Bytes of the tables, and their entries for ``bundle.json``, both by file.

    Raises:
        BundleError: a table cannot be read.
    """
    split = bundle.table(SPLIT)
    names = dict(zip(split["file"], _prefixes(split["sha256"]), strict=True))
    contents = {}
    for name in _TABLES:
        if bundle.has(name):
            table = bundle.table(name)
            named = [column for column in ("file", "image") if column in table]
            contents[name] = _bytes(
                table.assign(**{column: table[column].map(names).fillna("") for column in named}), name
            )
    if bundle.has(ANCESTORS):
        table = bundle.table(ANCESTORS)
        contents[ANCESTORS] = _bytes(table.assign(file=_prefixes(table["sha256"])), ANCESTORS)
    entries = {
        name: FileEntry(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in contents.items()
    }
    return contents, entries


def _prefixes(hashes: pd.Series) -> list[str]:
    prefixes = hashes.str[:HASH_DIGITS]
    count = prefixes.groupby(prefixes).cumcount()
    return [
        f"{prefix}-{number + 1}" if number else prefix for prefix, number in zip(prefixes, count, strict=True)
    ]


def _bytes(table: pd.DataFrame, name: str) -> bytes:
    if name.endswith(".csv"):
        return to_csv(table).encode()
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()
