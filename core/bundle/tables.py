"""The tables of a bundle: their columns, and reading and validating files from untrusted sources."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image
from pyarrow.parquet import ParquetFile

from core.bundle.manifest import ANCESTORS, HISTORY, OUT_OF_FOLD, SPLIT, TEST_IMAGES, TEST_SET, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


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
    TEST_SET: ("file", "sha256", "group", "true_class"),
    TEST_IMAGES: ("sha256", "png"),
    OUT_OF_FOLD: ("fold", "file", "sha256", "group", "true_class"),
    SPLIT: ("file", "class", "kind", "group", "part", "sha256", "fingerprint"),
    ANCESTORS: ("model", "set", "file", "sha256", "fingerprint"),
}
_TEXT_COLUMNS = ("model", "set", "file", "class", "kind", "part", "sha256", "fingerprint", "phase")
WITH_PROBABILITIES = (VALIDATION, TEST_SET, OUT_OF_FOLD)
# Empty, or base64 of the 1,024 bytes of core.data.near_duplicates.fingerprint.
_FINGERPRINT = re.compile(r"(?:[A-Za-z0-9+/]{1366}==)?")


def read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the content of a CSV or Parquet file of a bundle.

    Args:
        path: path of the file, ``.csv`` or ``.parquet``.
        columns: names of the columns to read from a Parquet file.

    Raises:
        Exception: any error of the readers on a malformed file.
    """
    return read_csv(path) if path.suffix == ".csv" else _read_parquet(path, columns)


def is_valid(values: pd.Series, class_names: Sequence[str]) -> bool:
    """Return whether a column is not empty and its values have the type and range that its name implies."""
    name = str(values.name)
    if name in ("class", "true_class"):
        valid = values.isin(class_names)
    elif name == "fingerprint":
        valid = values.map(lambda value: _FINGERPRINT.fullmatch(value) is not None)
    elif name in _TEXT_COLUMNS:
        valid = values.map(lambda value: isinstance(value, str))
    elif name == "png":
        valid = values.map(lambda value: isinstance(value, bytes))
    elif name.startswith("p_"):
        valid = values.between(0, 1)
    else:
        valid = np.isfinite(values)
    return len(values) > 0 and bool(valid.all())


def _read_parquet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    # pandas's metadata in the file says how to rebuild the index; from an untrusted source it is ignored.
    with ParquetFile(path) as file:
        return file.read(columns=list(columns)).to_pandas(ignore_metadata=True)


def read_png(png: bytes, side: int) -> NDArray[np.uint8]:
    """Return a stored image, uint8 [S, S, 3].

    Args:
        png: bytes of the PNG file.
        side: side S, pixels.

    Raises:
        Exception: the bytes are not a PNG image of this size.
    """
    # Readers of other formats, Ghostscript among them, are an attack surface that no bundle needs.
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        if image.size != (side, side):  # checked before the pixels are decompressed
            raise ValueError(image.size)
        return np.asarray(image.convert("RGB"))


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file of a bundle; text columns stay text, even where they look like numbers."""
    return pd.read_csv(path, dtype=dict.fromkeys(_TEXT_COLUMNS, str), keep_default_na=False)


def image_table(sha256: Iterable[str], images: Iterable[NDArray[np.uint8]]) -> pd.DataFrame:
    """Return images, uint8 [H, W, 3], as the lossless table of ``test_images.parquet``."""
    return pd.DataFrame({"sha256": list(sha256), "png": [_png(image) for image in images]})


def _png(image: NDArray[np.uint8]) -> bytes:
    grey = bool((image[..., :1] == image).all())
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if grey else image).save(file, "PNG", optimize=True)
    return file.getvalue()
