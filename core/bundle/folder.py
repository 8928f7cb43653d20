"""A bundle on disk: a folder with a model and everything a page shows about it; reading and writing it.

A bundle may come from an untrusted source. File names are taken from a fixed list, sizes and hashes are
checked before anything is opened, and tables are checked value by value. Messages name the bundle by its
folder's name alone, since visitors of the app read them and must not see the server's paths.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle import tables, version_1
from core.bundle.embeddings import is_constant
from core.bundle.manifest import (
    EARLIER_EMBEDDINGS,
    EMBEDDED,
    EMBEDDINGS,
    FILES,
    HISTORY,
    MANIFEST,
    OPTIONAL,
    SCHEMA_VERSION,
    STATISTICS,
    TEST_IMAGES,
    FileEntry,
    Manifest,
)
from core.bundle.stored_images import StoredImages
from core.bundle.tables import COLUMNS, WITH_PROBABILITIES
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.files import write_atomically
from core.images.statistics import WIDTH
from core.schema import parse, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

MAX_MANIFEST_BYTES = 4 * 2**20
MAX_EMBEDDINGS = 2_000  # of each set
MAX_EMBEDDING_BYTES = 2**27  # 16 times those of Xception
_REMEDY = "pull or train it again"


class BundleError(UserError):
    """A folder is not a bundle, or a bundle is incomplete, changed or invalid."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle whose manifest, sizes and hashes are verified; it equals itself alone, and so can be a key."""

    folder: Path
    manifest: Manifest

    def has(self, name: str) -> bool:
        """Return whether the file is listed and present."""
        return name in self.manifest.files and (self.folder / name).is_file()

    def manifest_sha256(self) -> str:
        """Return the SHA-256 of the file itself: serialised again, an older one would have new fields."""
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()

    def table(self, name: str) -> pd.DataFrame:
        """Return a table: its columns in ``COLUMNS``, a probability per class, and optional columns it has.

        Args:
            name: file name of the table, a key of ``COLUMNS``.

        Raises:
            BundleError: the file is absent or cannot be read, has no row, lacks a column or an epoch, or
                holds an invalid value.
        """
        path, what = self.folder / name, f"{name} of {self.folder.name}"
        if not self.has(name):
            raise BundleError(f"{self.folder.name} has no {name}; {_REMEDY}.")
        names = self.manifest.class_names
        columns = list(COLUMNS[name])
        if name in WITH_PROBABILITIES:
            columns += probability_columns(names)
        optional = tables.OPTIONAL_COLUMNS.get(name, ())
        try:
            table = tables.read(path, [*columns, *optional], tables.limits(name, self.manifest))
            columns += [column for column in optional if column in table.columns]
            missing = [column for column in columns if column not in table.columns]
            invalid = [
                column
                for column in columns
                if column not in missing and not tables.is_valid(table[column], names)
            ]
        except Exception as error:
            raise BundleError(f"{what} cannot be read; {_REMEDY}.") from error
        if missing:
            raise BundleError(f"{what} has no column {missing[0]!r}; {_REMEDY}.")
        if invalid:
            raise BundleError(f"{what} has no valid values in column {invalid[0]!r}; {_REMEDY}.")
        if name == HISTORY and list(table["epoch"]) != list(range(1, len(table) + 1)):
            raise BundleError(f"{what} does not have one row per epoch, counted from 1; {_REMEDY}.")
        if name == HISTORY and self.manifest.best_epoch > len(table):
            raise BundleError(f"{what} lacks the best epoch, {self.manifest.best_epoch}; {_REMEDY}.")
        return table[columns]

    def test_images(self) -> Mapping[str, NDArray[np.uint8]]:
        """Return the test images at input size, uint8 [S, S, 3], by the sha256 of the original.

        Raises:
            BundleError: the table cannot be read, or an image is not a PNG of the input size; of a PNG whose
                pixels are damaged, when it is looked up.
        """
        if not self.has(TEST_IMAGES):
            return {}
        table = self.table(TEST_IMAGES)
        side = self.manifest.recipe.preprocessing.image_size
        problem = (
            f"{TEST_IMAGES} of {self.folder.name} has an entry that is not a PNG image of "
            f"{side} × {side} pixels; {_REMEDY}."
        )
        pngs = zip(table["sha256"], table["png"], strict=True)
        return StoredImages(pngs, side, lambda: BundleError(problem))

    def training_statistics(self) -> NDArray[np.float32]:
        """Return the statistics of 1 to 2,000 training images, float32 [N, D], all finite.

        Raises:
            BundleError: the file cannot be read, or is not such an array.
        """
        return self._array(
            STATISTICS, "statistics", MAX_EMBEDDINGS, lambda stored: stored.shape[1:] == (WIDTH,)
        )

    def training_embeddings(self) -> NDArray[np.float32]:
        """Return the embeddings of 1 to 2,000 training images, float32 [N, D], all finite and not all alike.

        Raises:
            BundleError: a file cannot be read, or does not hold such an array.
        """
        name = EARLIER_EMBEDDINGS
        if name in self.manifest.files:
            embeddings = self._embeddings(name, MAX_EMBEDDINGS)
        else:
            name = EMBEDDINGS
            images, embeddings = self.embedded_images()
            embeddings = embeddings[(images["set"] == "train").to_numpy()]
        if is_constant(embeddings):
            raise BundleError(
                f"{name} of {self.folder.name} holds the same for every training image, so it cannot tell "
                "which images are outside the training domain; train the model again."
            )
        return embeddings

    def embedded_images(self) -> tuple[pd.DataFrame, NDArray[np.float32]]:
        """Return training and test images with their embeddings; earlier bundles have none.

        Returns:
            N rows of ``sha256``, ``set`` and ``class``, at most 2,000 of each set; and their embeddings,
            float32 [N, D].

        Raises:
            BundleError: a file cannot be read, or the two do not fit each other.
        """
        images, embeddings = self.table(EMBEDDED), self._embeddings(EMBEDDINGS, 2 * MAX_EMBEDDINGS)
        sets = images["set"].value_counts()
        if (
            len(images) != len(embeddings)
            or not set(sets.index) <= {"train", "test"}
            or not 0 < sets.get("train", 0) <= MAX_EMBEDDINGS
            or sets.get("test", 0) > MAX_EMBEDDINGS
        ):
            raise BundleError(f"{EMBEDDED} of {self.folder.name} does not fit {EMBEDDINGS}; {_REMEDY}.")
        return images, embeddings

    def _embeddings(self, name: str, most: int) -> NDArray[np.float32]:
        return self._array(
            name,
            "embeddings",
            most,
            lambda stored: stored.ndim == 2 and stored.nbytes <= MAX_EMBEDDING_BYTES,  # noqa: PLR2004
            self.manifest.decision.embedding_scale,
        )

    def _array(
        self, name: str, what: str, most: int, fits: Callable[[NDArray[Any]], bool], scale: float = 1.0
    ) -> NDArray[np.float32]:
        try:
            # Mapped, so that a header that claims more than the file holds fails before memory is allocated.
            stored = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
            valid = fits(stored) and 0 < len(stored) <= most
            values = np.array(stored if valid else [np.nan], np.float32)
            values *= np.float32(scale)
        except Exception as error:
            raise BundleError(f"{name} of {self.folder.name} cannot be read; {_REMEDY}.") from error
        if not np.isfinite(values).all():
            raise BundleError(f"{name} of {self.folder.name} is not an array of {what}; {_REMEDY}.")
        return values


def write_manifest(folder: Path, **fields: Any) -> Manifest:
    """Hash the files of a finished folder and write its ``bundle.json``.

    Args:
        folder: folder with every file of the bundle but the manifest.
        fields: fields of ``Manifest``, except ``files``.
    """
    present = [name for name in FILES if (folder / name).is_file()]
    files = {name: _entry(folder / name) for name in present}
    manifest = parse(Manifest, {**fields, "files": files}, what=f"the manifest of {folder.name}")
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8", newline="\n")
    return manifest


def add_file(folder: Path, source: Path) -> Manifest:
    """Add an optional file to a finished bundle.

    The manifest is replaced last and atomically, and a file that it does not list is ignored: a kill at any
    point leaves a complete bundle.

    Args:
        folder: folder of the bundle.
        source: file outside the folder with one of the names in ``OPTIONAL``.

    Raises:
        BundleError: the folder is not a bundle, or the name is none of these.
    """
    if source.name not in OPTIONAL:
        raise BundleError(f"{source.name} cannot be added to a bundle; only {', '.join(OPTIONAL)} can.")
    manifest = read_manifest(folder)
    write_atomically(folder / source.name, lambda path: shutil.copyfile(source, path))
    files = manifest.files | {source.name: _entry(folder / source.name)}
    manifest = manifest.model_copy(update={"files": files})
    write_atomically(
        folder / MANIFEST, lambda path: path.write_text(manifest.to_json(), encoding="utf-8", newline="\n")
    )
    return manifest


def open_bundle(folder: Path) -> Bundle:
    """Return a folder as a bundle, its manifest, sizes and hashes verified.

    Raises:
        BundleError: the folder is not a bundle, a file is missing, or a size or hash differs.
    """
    manifest = read_manifest(folder)
    folder = folder.absolute()
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            if name in OPTIONAL:
                continue
            raise BundleError(f"{folder.name} lacks {name}; {_REMEDY}.")
        if path.stat().st_size != expected.size or _entry(path) != expected:
            raise BundleError(f"{name} of {folder.name} differs from its entry in {MANIFEST}; {_REMEDY}.")
    return Bundle(folder, manifest)


def read_manifest(folder: Path) -> Manifest:
    """Return the validated content of ``bundle.json``, without checking the other files.

    Raises:
        BundleError: the file is missing or not valid.
    """
    folder = folder.absolute()  # "." has no name
    path = folder / MANIFEST
    if not folder.exists():
        raise BundleError(f"There is no folder {folder.name}; check the path.")
    if not path.is_file():
        raise BundleError(f"{folder.name} is not a model bundle: it has no {MANIFEST}.")
    what = f"{MANIFEST} of {folder.name}"
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{what} is too large; {_REMEDY}.")
    try:
        content = read_json(path.read_bytes())
        version = content.get("schema_version")
    except (ValueError, AttributeError):
        raise BundleError(f"{what} is not a JSON object; {_REMEDY}.") from None
    if type(version) is not int or version < 1:
        raise BundleError(f"{what} has no valid schema version; {_REMEDY}.")
    if version > SCHEMA_VERSION:
        raise BundleError(
            f"{what} has schema version {version}, and this program reads versions up to {SCHEMA_VERSION}; "
            "update the program."
        )
    try:
        return parse(Manifest, version_1.convert(content), what=what)
    except UserError as error:
        raise BundleError(str(error)) from None


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(size=path.stat().st_size, sha256=digest)
