"""The published artefact: one folder that holds a model and everything a page shows about it.

A bundle may come from a stranger. So names are taken from a fixed list, sizes and hashes are checked before
anything is opened, and every table is checked against its columns.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from core.errors import UserError
from core.manifest import (
    EMBEDDINGS,
    HISTORY,
    MANIFEST,
    MAY_BE_ABSENT,
    OUT_OF_FOLD,
    REQUIRED,
    SCHEMA_VERSION,
    SPLIT,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
    FileEntry,
    Manifest,
)
from core.recipe import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MAX_MANIFEST_BYTES = 4 * 2**20
MAX_EMBEDDINGS = 2_000

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


class BundleError(UserError):
    """A folder is no bundle, or not one that can be trusted."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose manifest, sizes and hashes have been checked."""

    folder: Path
    manifest: Manifest

    def has(self, name: str) -> bool:
        """Tell whether the file is listed and present."""
        return name in self.manifest.files and (self.folder / name).is_file()

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables, with the columns that ``COLUMNS`` names first.

        Raises:
            BundleError: the file is absent, cannot be read, or lacks a column.
        """
        path = self.folder / name
        if not self.has(name):
            raise BundleError(f"{self.folder.name} has no {name}; train it again, or pull it again.")
        try:
            table = read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        except (ValueError, OSError) as error:
            raise BundleError(f"{name} of {self.folder.name} cannot be read: {error}.") from None
        columns = list(COLUMNS[name])
        if name in WITH_PROBABILITIES:
            columns += probability_columns(self.manifest.class_names)
        missing = [column for column in columns if column not in table.columns]
        if missing:
            raise BundleError(f"{name} of {self.folder.name} has no column {missing[0]!r}.")
        return table[columns]

    def test_pictures(self) -> dict[str, NDArray[np.uint8]]:
        """Return the test pictures at input size, uint8 [H, W, 3], by the sha256 of the original."""
        if not self.has(TEST_IMAGES):
            return {}
        table = self.table(TEST_IMAGES)
        return {
            sha256: np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
            for sha256, png in zip(table["sha256"], table["png"], strict=True)
        }

    def training_embeddings(self) -> NDArray[np.float32]:
        """Return the embeddings of at most 2,000 training pictures, float32 [N, D]."""
        try:
            embeddings = np.load(self.folder / EMBEDDINGS, allow_pickle=False)
        except (ValueError, OSError) as error:
            raise BundleError(f"{EMBEDDINGS} of {self.folder.name} cannot be read: {error}.") from None
        if embeddings.ndim != 2 or len(embeddings) > MAX_EMBEDDINGS:  # noqa: PLR2004
            raise BundleError(f"{EMBEDDINGS} of {self.folder.name} is not a table of embeddings.")
        return np.asarray(embeddings, np.float32)


def read_csv(path: Path) -> pd.DataFrame:
    """Read one of the bundle's CSV files; names stay text, also where they look like numbers."""
    return pd.read_csv(path, dtype=dict.fromkeys(_TEXT_COLUMNS, str), keep_default_na=False)


def probability_columns(class_names: Sequence[str]) -> list[str]:
    """Return the names of the columns that hold a probability per class, in class order."""
    return [f"p_{name}" for name in class_names]


def probabilities(table: pd.DataFrame, class_names: Sequence[str]) -> NDArray[np.float64]:
    """Return the probabilities in a table, float64 [N, C], in class order."""
    return table[probability_columns(class_names)].to_numpy(np.float64)


def picture_table(sha256: Iterable[str], pictures: Iterable[NDArray[np.uint8]]) -> pd.DataFrame:
    """Return pictures, uint8 [H, W, 3], as the lossless table that ``test_images.parquet`` holds."""
    return pd.DataFrame({"sha256": list(sha256), "png": [_png(picture) for picture in pictures]})


def _png(picture: NDArray[np.uint8]) -> bytes:
    grey = bool((picture[..., :1] == picture).all())
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if grey else picture).save(file, "PNG", optimize=True)
    return file.getvalue()


def seal(folder: Path, **fields: Any) -> Manifest:
    """Hash the files of a finished folder and write its ``bundle.json``.

    Args:
        folder: holds every file of the bundle but the manifest.
        fields: the fields of Manifest, ``files`` excepted.
    """
    present = [name for name in (*REQUIRED, *MAY_BE_ABSENT) if (folder / name).is_file()]
    files = {name: _entry(folder / name) for name in present}
    manifest = parse(Manifest, {**fields, "files": files}, what=f"the manifest of {folder.name}")
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def open_bundle(folder: Path) -> Bundle:
    """Check a folder and return it as a bundle.

    Raises:
        BundleError: the folder is no bundle, a file is missing, or a size or hash does not fit.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            if name in MAY_BE_ABSENT:
                continue
            raise BundleError(f"{folder} lacks {name}; pull it again, or train it again.")
        if path.stat().st_size != expected.size or _entry(path) != expected:
            raise BundleError(f"{name} in {folder} is not the file that bundle.json lists; pull it again.")
    return Bundle(folder, manifest)


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``bundle.json`` alone, without looking at the other files.

    Raises:
        BundleError: there is none, or it is not valid.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"{folder} is not a model bundle: it has no {MANIFEST}.")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path} is too large to be a manifest.")
    try:
        version = json.loads(path.read_bytes()).get("schema_version")
    except (ValueError, AttributeError):
        raise BundleError(f"{path} is not a JSON object.") from None
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {version}; this program reads {SCHEMA_VERSION}: update the program."
        )
    try:
        return parse(Manifest, path.read_bytes(), what=str(path))
    except UserError as error:
        raise BundleError(str(error)) from None


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(size=path.stat().st_size, sha256=digest)
