"""The published artefact: one folder that holds a model and everything a page shows about it.

A bundle may come from a stranger. So names are taken from a fixed list, sizes and hashes are checked before
anything is opened, and every table is checked value by value. A message names the bundle by its folder's
name alone: visitors of the app read it, and the server's paths are not theirs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle import tables
from core.bundle.manifest import (
    EMBEDDINGS,
    HISTORY,
    MANIFEST,
    MAY_BE_ABSENT,
    REQUIRED,
    SCHEMA_VERSION,
    TEST_IMAGES,
    FileEntry,
    Manifest,
)
from core.bundle.tables import COLUMNS, WITH_PROBABILITIES
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.files import write_atomically
from core.schema import parse

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

MAX_MANIFEST_BYTES = 4 * 2**20
MAX_EMBEDDINGS = 2_000
_REMEDY = "pull it again, or train it again"


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
            BundleError: the file is absent, cannot be read, has no row, lacks a column or an epoch, or holds
                a value that does not belong there.
        """
        path, what = self.folder / name, f"{name} of {self.folder.name}"
        if not self.has(name):
            raise BundleError(f"{self.folder.name} has no {name}; {_REMEDY}.")
        names = self.manifest.class_names
        columns = list(COLUMNS[name])
        if name in WITH_PROBABILITIES:
            columns += probability_columns(names)
        try:
            table = tables.read(path, columns)
            missing = [column for column in columns if column not in table.columns]
            wrong = [
                column
                for column in columns
                if column not in missing and not tables.fits(table[column], names)
            ]
        except Exception as error:
            raise BundleError(f"{what} cannot be read; {_REMEDY}.") from error
        if missing:
            raise BundleError(f"{what} has no column {missing[0]!r}; {_REMEDY}.")
        if wrong:
            raise BundleError(f"{what} has no valid values in column {wrong[0]!r}; {_REMEDY}.")
        if name == HISTORY and list(table["epoch"]) != list(range(1, len(table) + 1)):
            raise BundleError(f"{what} does not have the epochs from 1 on, one in each row; {_REMEDY}.")
        if name == HISTORY and self.manifest.best_epoch > len(table):
            raise BundleError(f"{what} lacks the best epoch, {self.manifest.best_epoch}; {_REMEDY}.")
        return table[columns]

    def test_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return the test images at input size, uint8 [S, S, 3], by the sha256 of the original.

        Raises:
            BundleError: the table cannot be read, or an image is no PNG of the input size.
        """
        if not self.has(TEST_IMAGES):
            return {}
        table = self.table(TEST_IMAGES)
        side = self.manifest.recipe.preprocessing.image_size
        try:
            return {
                sha256: tables.read_png(png, side)
                for sha256, png in zip(table["sha256"], table["png"], strict=True)
            }
        except Exception as error:
            raise BundleError(
                f"{TEST_IMAGES} of {self.folder.name} holds something that is no PNG image of "
                f"{side} × {side} pixels; {_REMEDY}."
            ) from error

    def training_embeddings(self) -> NDArray[np.float32]:
        """Return the embeddings of 1 to 2,000 training images, float32 [N, D], all finite.

        Raises:
            BundleError: the file cannot be read, or holds something else.
        """
        what = f"{EMBEDDINGS} of {self.folder.name}"
        try:
            # Mapped: a header that promises more than the file holds fails before it costs memory.
            stored = np.load(self.folder / EMBEDDINGS, mmap_mode="r", allow_pickle=False)
            is_table = stored.ndim == 2 and 0 < len(stored) <= MAX_EMBEDDINGS  # noqa: PLR2004
            embeddings = np.array(stored if is_table else [np.nan], np.float32)
        except Exception as error:
            raise BundleError(f"{what} cannot be read; {_REMEDY}.") from error
        if not np.isfinite(embeddings).all():
            raise BundleError(f"{what} is not a table of embeddings; {_REMEDY}.")
        return embeddings


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


def add_file(folder: Path, source: Path) -> Manifest:
    """Add a file to a finished bundle.

    The manifest is replaced last and at once, and a file that it does not list is ignored: a kill at any
    point leaves a whole bundle.

    Args:
        folder: the bundle's.
        source: of one of the names in ``MAY_BE_ABSENT``, outside the folder.

    Raises:
        BundleError: the folder is no bundle, or the name is none of these.
    """
    if source.name not in MAY_BE_ABSENT:
        raise BundleError(f"{source.name} cannot be added to a bundle; {', '.join(MAY_BE_ABSENT)} can.")
    manifest = read_manifest(folder)
    write_atomically(folder / source.name, lambda path: shutil.copyfile(source, path))
    files = manifest.files | {source.name: _entry(folder / source.name)}
    manifest = manifest.model_copy(update={"files": files})
    write_atomically(folder / MANIFEST, lambda path: path.write_text(manifest.to_json(), encoding="utf-8"))
    return manifest


def open_bundle(folder: Path) -> Bundle:
    """Check a folder and return it as a bundle.

    Raises:
        BundleError: the folder is no bundle, a file is missing, or a size or hash does not fit.
    """
    manifest = read_manifest(folder)
    folder = folder.absolute()
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            if name in MAY_BE_ABSENT:
                continue
            raise BundleError(f"{folder.name} lacks {name}; {_REMEDY}.")
        if path.stat().st_size != expected.size or _entry(path) != expected:
            raise BundleError(f"{name} of {folder.name} is not the file that {MANIFEST} lists; {_REMEDY}.")
    return Bundle(folder, manifest)


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``bundle.json`` alone, without looking at the other files.

    Raises:
        BundleError: there is none, or it is not valid.
    """
    folder = folder.absolute()  # "." has no name
    path = folder / MANIFEST
    if not folder.exists():
        raise BundleError(f"There is no folder {folder.name}; check its path.")
    if not path.is_file():
        raise BundleError(f"{folder.name} is not a model bundle: it has no {MANIFEST}.")
    what = f"{MANIFEST} of {folder.name}"
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{what} is too large to be a manifest; {_REMEDY}.")
    try:
        version = json.loads(path.read_bytes()).get("schema_version")
    except (ValueError, AttributeError):
        raise BundleError(f"{what} is not a JSON object; {_REMEDY}.") from None
    if version != SCHEMA_VERSION:
        raise BundleError(
            f"{what} has schema version {version}; this program reads {SCHEMA_VERSION}: update the program."
        )
    try:
        return parse(Manifest, path.read_bytes(), what=what)
    except UserError as error:
        raise BundleError(str(error)) from None


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(size=path.stat().st_size, sha256=digest)
