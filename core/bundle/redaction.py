"""File names may carry patient ids. Here a bundle's are replaced by prefixes of the images' hashes."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from core.bundle.manifest import OUT_OF_FOLD, SPLIT, TEST_SET, VALIDATION, FileEntry
from core.data.published_split import HASH_DIGITS

if TYPE_CHECKING:
    import pandas as pd

    from core.bundle.folder import Bundle
# Every table that names files. Each image of the others stands in the first.
_TABLES = (SPLIT, TEST_SET, VALIDATION, OUT_OF_FOLD)


def hidden(bundle: Bundle) -> tuple[dict[str, bytes], dict[str, FileEntry]]:
    """Write the tables of a bundle anew, without file names.

    An image is then called by the first 12 digits of its SHA-256, which ``split.csv`` holds anyway; of
    several with the same pixels the later ones get a number. A hash of the name would not hide it: names are
    few enough to be tried. Columns that no page reads are left out, since they might hold names too.

    Returns:
        The tables' bytes and their entries for ``bundle.json``, by file.

    Raises:
        BundleError: a table cannot be read.
    """
    split = bundle.table(SPLIT)
    names = dict(zip(split["file"], _prefixes(split["sha256"]), strict=True))
    contents = {}
    for name in _TABLES:
        if bundle.has(name):
            table = bundle.table(name)
            contents[name] = _bytes(table.assign(file=table["file"].map(names)), name)
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
    file = io.BytesIO()
    if name.endswith(".csv"):
        table.to_csv(file, index=False)
    else:
        table.to_parquet(file, index=False)
    return file.getvalue()
