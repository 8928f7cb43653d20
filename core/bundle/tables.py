"""The tables of a bundle: their columns, and reading them without trusting what they hold."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image
from pyarrow.parquet import ParquetFile

from core.bundle.manifest import HISTORY, OUT_OF_FOLD, SPLIT, TEST_IMAGES, TEST_SET, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

COLUMNS = {
    HISTORY: (
        "epoch",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
        "seconds",
        "phase",
    ),
    VALIDATION: ("epoch", "file", "true_class"),
    TEST_SET: ("file", "sha256", "group", "true_class"),
    TEST_IMAGES: ("sha256", "png"),
    OUT_OF_FOLD: ("fold", "file", "sha256", "group", "true_class"),
    SPLIT: ("file", "class", "kind", "group", "part", "sha256", "fingerprint"),
}
_TEXT_COLUMNS = ("file", "class", "kind", "part", "sha256", "fingerprint", "phase")
WITH_PROBABILITIES = (VALIDATION, TEST_SET, OUT_OF_FOLD)
# Nothing, or base64 of the 1,024 bytes that core.data.near_duplicates.fingerprint makes.
_FINGERPRINT = re.compile(r"(?:[A-Za-z0-9+/]{1366}==)?")


def read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV or Parquet file of a bundle.

    Raises:
        Exception: whatever the readers raise on a file that is not what its name says.
    """
    return read_csv(path) if path.suffix == ".csv" else _read_parquet(path, columns)


def fits(values: pd.Series, class_names: Sequence[str]) -> bool:
    """Tell whether a column of a table has values, and all of them are what its name promises."""
    name = str(values.name)
    if name in ("class", "true_class"):
        fits = values.isin(class_names)
    elif name == "fingerprint":
        fits = values.map(lambda value: _FINGERPRINT.fullmatch(value) is not None)
    elif name in _TEXT_COLUMNS:
        fits = values.map(lambda value: isinstance(value, str))
    elif name == "png":
        fits = values.map(lambda value: isinstance(value, bytes))
    elif name.startswith("p_"):
        fits = values.between(0, 1)
    else:
        fits = np.isfinite(values)
    return len(values) > 0 and bool(fits.all())


def _read_parquet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    # pandas's own notes in the file say how to rebuild its index: a stranger's are not followed.
    with ParquetFile(path) as file:
        return file.read(columns=list(columns)).to_pandas(ignore_metadata=True)


def read_png(png: bytes, side: int) -> NDArray[np.uint8]:
    """Return a stored image, uint8 [S, S, 3].

    Raises:
        Exception: it is no PNG image of this side.
    """
    # Other formats' readers are code that no bundle needs; Ghostscript is among them.
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        if image.size != (side, side):  # looked at before the pixels are unpacked
            raise ValueError(image.size)
        return np.asarray(image.convert("RGB"))


def read_csv(path: Path) -> pd.DataFrame:
    """Read one of the bundle's CSV files; names stay text, also where they look like numbers."""
    return pd.read_csv(path, dtype=dict.fromkeys(_TEXT_COLUMNS, str), keep_default_na=False)


def image_table(sha256: Iterable[str], images: Iterable[NDArray[np.uint8]]) -> pd.DataFrame:
    """Return images, uint8 [H, W, 3], as the lossless table that ``test_images.parquet`` holds."""
    return pd.DataFrame({"sha256": list(sha256), "png": [_png(image) for image in images]})


def _png(image: NDArray[np.uint8]) -> bytes:
    grey = bool((image[..., :1] == image).all())
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if grey else image).save(file, "PNG", optimize=True)
    return file.getvalue()
