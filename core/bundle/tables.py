"""The tables of a bundle: their columns, and reading and validating files from untrusted sources."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from core import csv_table
from core.bundle import table_files, version_1
from core.bundle.manifest import (
    ANCESTORS,
    EMBEDDED,
    HISTORY,
    OUT_OF_FOLD,
    SPLIT,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
)
from core.bundle.stored_images import largest_png
from core.bundle.table_files import MAX_ROWS, Limits
from core.data.provenance import KNOWN_COLUMNS, LESION_AREA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest


class EpochRow(NamedTuple):
    """One epoch, a row of ``history.csv``; the fields are its columns."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    phase: str


COLUMNS = {
    HISTORY: EpochRow._fields,
    VALIDATION: ("epoch", "file", "true_class"),
    TEST_SET: ("file", "source", "sha256", "group", "true_class"),
    TEST_IMAGES: ("sha256", "png"),
    OUT_OF_FOLD: ("fold", "file", "source", "sha256", "group", "true_class"),
    SPLIT: ("file", "source", "class", "kind", "image", "group", "set", "sha256", "fingerprint"),
    EMBEDDED: ("sha256", "set", "class"),
    ANCESTORS: ("model", "set", "file", "sha256", "fingerprint"),
}
# Columns of these tables that there are only where the data have them, or masks.
_WHERE_KNOWN = (*KNOWN_COLUMNS, LESION_AREA)
OPTIONAL_COLUMNS = {TEST_SET: _WHERE_KNOWN, OUT_OF_FOLD: _WHERE_KNOWN}
_TEXT_COLUMNS = (
    *KNOWN_COLUMNS,
    *("model", "set", "file", "source", "class", "kind", "image", "sha256", "fingerprint", "phase"),
    *version_1.COLUMNS,
)
WITH_PROBABILITIES = (VALIDATION, TEST_SET, OUT_OF_FOLD)
_MAX_IMAGE_BYTES = 2**30  # of the PNG files of a bundle
# Empty, or base64 of the 1,024 bytes of core.data.duplicates.fingerprint.
_FINGERPRINT = re.compile(r"(?:[A-Za-z0-9+/]{1366}==)?")


def limits(name: str, manifest: Manifest) -> Limits:
    """Return the largest size of a table of a bundle.

    Args:
        name: file name of the table, a key of ``COLUMNS``.
        manifest: manifest of the bundle.
    """
    images, epochs = manifest.image_count, manifest.recipe.epochs
    rows = {
        HISTORY: epochs,
        VALIDATION: images * epochs,
        TEST_SET: images,
        TEST_IMAGES: images,
        ANCESTORS: manifest.ancestry.images,
    }.get(name, MAX_ROWS)
    if name != TEST_IMAGES:
        return Limits(min(rows, MAX_ROWS))
    png_bytes = largest_png(manifest.recipe.preprocessing.image_size)
    return Limits(min(rows, MAX_ROWS), png_bytes, min(rows * png_bytes, _MAX_IMAGE_BYTES))


def read(path: Path, columns: Sequence[str], within: Limits) -> pd.DataFrame:
    """Return columns of a CSV or Parquet file of a bundle, without those that it lacks.

    Args:
        path: path of the file, ``.csv`` or ``.parquet``.
        columns: names of the columns to read.
        within: largest size of the table.

    Raises:
        Exception: the table is larger; any error of the readers on a malformed file.
    """
    if path.suffix == ".csv":
        names = (*columns, *version_1.COLUMNS)
        table = table_files.read_csv(path, names, _TEXT_COLUMNS, within)
    else:
        table = table_files.read_parquet(path, columns, within)
    return version_1.convert_table(table, columns)


def is_valid(values: pd.Series, class_names: Sequence[str]) -> bool:
    """Return whether a column is not empty and its values have the type and range that its name implies."""
    name = str(values.name)
    if values.empty:
        return False
    if name in ("class", "true_class"):
        valid = values.isin(class_names)
    elif name == "fingerprint":
        valid = values.map(lambda value: _FINGERPRINT.fullmatch(value) is not None)
    elif name in _TEXT_COLUMNS:
        valid = values.map(lambda value: isinstance(value, str))
    elif name == "png":
        valid = values.map(lambda value: isinstance(value, bytes))
    elif name == LESION_AREA:
        valid = values.isna() | values.between(0, 1)
    elif name.startswith("p_"):
        valid = values.between(0, 1)
    else:
        valid = np.isfinite(values)
    return bool(valid.all())


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file of this program; text columns stay text, even where they look like numbers."""
    table = csv_table.read_csv(path, text_columns=_TEXT_COLUMNS)
    return version_1.convert_table(table, COLUMNS.get(path.name, ()))


def image_table(sha256: Iterable[str], images: Iterable[NDArray[np.uint8]]) -> pd.DataFrame:
    """Return images, uint8 [H, W, 3], as the lossless table of ``test_images.parquet``."""
    return pd.DataFrame({"sha256": list(sha256), "png": [_png(image) for image in images]})


def _png(image: NDArray[np.uint8]) -> bytes:
    grey = bool((image[..., :1] == image).all())
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if grey else image).save(file, "PNG", optimize=True)
    return file.getvalue()
