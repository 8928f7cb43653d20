"""The predictions of an unfinished ``predict``: a file for so many files, written once it is complete."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, PositiveInt

from core.data.duplicates import fingerprint
from core.data.listing import utf8_name
from core.errors import UserError
from core.files import staged_path, write_atomically, write_text
from core.images.clip import VIDEO_EXTENSIONS
from core.inference.classify_files import TASK_FILES
from core.inference.part_table import (
    StoredFingerprints,
    as_table,
    errors_told,
    fingerprints_of,
    is_complete,
    read_table,
    write_table,
)
from core.inference.read_images import ListedFile
from core.schema import Strict, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.inference.classify_files import ClassifiedImage
    from core.inference.image_search import Search

PART_PATTERN = "part-*.parquet"
"""Pattern of the file names of finished parts."""
_PART_FILES = 32 * TASK_FILES
# Bytes of a part's files together. A video counts as so many at least: its frames take seconds.
_PART_BYTES = 256_000_000
_VIDEO_BYTES = 8_000_000
_REQUEST, _LIST = "request.json", "files.parquet"
_LIST_SCHEMA = pa.schema([("path", pa.binary()), ("inside", pa.bool_())])


class PredictionRequest(Strict):
    """What a prediction was asked for; one that goes on must be the same."""

    bundle_sha256: str = Field(description="SHA-256 of the model's bundle.json")
    paths: tuple[str, ...] = Field(description="files and folders, as they were given")
    frame: str = Field(description="choice of frames")
    crop: str = Field(description="choice of the crop")
    current_folder: str = Field(description="where relative paths begin; empty where none is relative")


class _Begun(Strict):
    request: PredictionRequest
    parts: tuple[PositiveInt, ...] = Field(description="number of files of each part")
    left_out: dict[str, int] = Field(description="number of other files by what they are")
    folders: tuple[str, ...] = Field(default=(), description="those of the paths that are folders")


class PredictionParts:
    """The folder of an unfinished prediction: its request, the list of its files, and the finished parts.

    A part has the images of up to 1,024 files of the list, a row each; of fewer large ones, or videos.

    Attributes:
        folder: the folder.
        class_names: classes of the model.
        files: number of listed files.
        left_out: number of other files by what they are; see ``core.data.left_out``.
        folders: names of those of the given paths that are folders.
    """

    def __init__(self, folder: Path, class_names: Sequence[str]) -> None:
        """Open a folder in which a prediction was begun.

        Raises:
            UserError: the folder is damaged.
        """
        self.folder, self.class_names = folder, tuple(class_names)
        try:
            text = (folder / _REQUEST).read_bytes()
        except OSError:
            raise UserError(
                f"{folder} holds no prediction that can go on; remove it and begin again."
            ) from None
        try:
            begun = parse(_Begun, text, what=str(folder / _REQUEST))
        except UserError as error:  # by a damage, or of another version
            raise UserError(f"{error} Remove {folder} and begin again.") from None
        self._request, self._sizes, self.left_out = begun.request, begun.parts, Counter(begun.left_out)
        self._starts = np.cumsum([0, *begun.parts]).tolist()
        self.files: int = self._starts[-1]
        self.folders = frozenset(begun.folders)
        with self._list() as listed:
            if listed.metadata.num_rows != self.files:
                raise pa.ArrowInvalid("another number of files")  # as of any other damage

    @classmethod
    def begin(
        cls, folder: Path, request: PredictionRequest, search: Search, class_names: Sequence[str]
    ) -> PredictionParts:
        """Write the list of the files and the request into a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _LIST, lambda path: _write_list(path, search))
        begun = _Begun(
            request=request,
            parts=tuple(_sizes_of_parts(search.files)),
            left_out=dict(search.left_out),
            folders=tuple(utf8_name(str(path)) for path in search.folders),
        )
        # Written last: a folder with a request has everything that going on needs.
        write_text(folder / _REQUEST, json.dumps(begun.model_dump(mode="json"), indent=2))
        return cls(folder, class_names)

    def check_same(self, request: PredictionRequest) -> None:
        """Refuse to go on with another request.

        Raises:
            UserError: it differs; the message names what does.
        """
        for name, words in (
            ("bundle_sha256", "another model"),
            ("paths", "other images or folders"),
            ("frame", "another --frame"),
            ("crop", "another --crop"),
            ("current_folder", f"paths that begin in {self._request.current_folder}"),
        ):
            if getattr(self._request, name) != getattr(request, name):
                raise UserError(
                    f"the prediction in {self.folder} was begun with {words}; give the same command with "
                    "--resume, or remove the folder and begin again."
                )

    @property
    def bundle_sha256(self) -> str:
        """SHA-256 of the model's ``bundle.json``."""
        return self._request.bundle_sha256

    @property
    def numbers(self) -> range:
        """Numbers of all parts."""
        return range(len(self._sizes))

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are not finished, or damaged."""
        return [
            number
            for number in self.numbers
            if not is_complete(self._part(number), self._fingerprints(number), self.class_names)
        ]

    def files_of(self, number: int) -> int:
        """Return the number of files of a part."""
        return self._sizes[number]

    def tasks(self, numbers: Sequence[int]) -> Iterator[list[ListedFile]]:
        """Yield the files of parts, at most ``TASK_FILES`` at a time; each part begins with a new task."""
        for number in numbers:
            yield from (self.task(number, place) for place in range(self.tasks_of(number)))

    def task(self, number: int, place: int) -> list[ListedFile]:
        """Return the files of one task of a part.

        Args:
            number: number of the part.
            place: number of the task in its part.
        """
        first = self._starts[number] + place * TASK_FILES
        count = min(TASK_FILES, self.files_of(number) - place * TASK_FILES)
        with self._list() as listed:
            each = listed.metadata.row_group(0).num_rows
            groups = range(first // each, (first + count - 1) // each + 1)
            rows = listed.read_row_groups(list(groups)).slice(first - groups[0] * each, count)
        paths, inside = rows["path"].to_pylist(), rows["inside"].to_pylist()
        return [ListedFile(os.fsdecode(path), found) for path, found in zip(paths, inside, strict=True)]

    def tasks_of(self, number: int) -> int:
        """Return the number of tasks of a part."""
        return -(-self.files_of(number) // TASK_FILES)

    def write(self, number: int, images_of_tasks: Iterable[Sequence[ClassifiedImage]]) -> None:
        """Write a finished part.

        Args:
            number: number of the part.
            images_of_tasks: images of each of its tasks.
        """
        tables = []  # of a thousand clips, all frames as objects would take gigabytes
        # First: a part that exists is complete.
        with staged_path(self._fingerprints(number)) as temporary, temporary.open("wb") as file:
            for images in images_of_tasks:
                file.write(fingerprints_of(images))
                tables.append(as_table(images, self.class_names))
        write_table(self._part(number), pa.concat_tables(tables))

    def read(self, number: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows of a finished part.

        Args:
            number: number of the part.
            columns: columns to read; None for all.

        Returns:
            A table with ``file``, ``inside``, ``frame`` (from 0; -1 where the file has no other), ``width``
            and ``height`` (pixels; -1 where it cannot be read), ``look``, ``reason``, ``crop``,
            ``predicted_class`` (None without a prediction), a probability per class, ``possible``,
            ``distances`` (by name), ``unlike_training``, ``seen_in_training``, ``seen_by``, ``warning``,
            ``notes`` and ``problem``.

        Raises:
            UserError: its file is damaged.
        """
        return read_table(self._part(number), columns).to_pandas()

    def fingerprints(self, rows: NDArray[np.int64]) -> Sequence[str]:
        """Return the fingerprints of rows, which are read when they are asked for.

        Args:
            rows: numbers of rows, counted through all parts.
        """
        paths = [self._fingerprints(number) for number in self.numbers]
        sizes = [path.stat().st_size // fingerprint.CHARACTERS for path in paths]
        return StoredFingerprints(paths, np.cumsum([0, *sizes]), rows)

    @contextmanager
    def _list(self) -> Iterator[pq.ParquetFile]:
        path, remedy = self.folder / _LIST, f"remove {self.folder} and begin again"
        with errors_told(path, remedy), path.open("rb") as file, pq.ParquetFile(file) as listed:
            yield listed

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.parquet"

    def _fingerprints(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.fingerprints"


def _write_list(path: Path, search: Search) -> None:
    with path.open("wb") as file, pq.ParquetWriter(file, _LIST_SCHEMA) as writer:
        for start in range(0, len(search.files), _PART_FILES):
            files = search.files[start : start + _PART_FILES]
            rows = {
                "path": list(map(os.fsencode, files)),
                "inside": [file not in search.given for file in files],
            }
            writer.write_table(pa.table(rows, schema=_LIST_SCHEMA))


def _sizes_of_parts(files: Iterable[Path]) -> Iterator[int]:
    """Yield the number of files of each part."""
    count = size = 0
    for file in files:
        added = _bytes_of(file)
        if count == _PART_FILES or (count and size + added > _PART_BYTES):
            yield count
            count = size = 0
        count += 1
        size += added
    if count:
        yield count


def _bytes_of(file: Path) -> int:
    least = _VIDEO_BYTES if file.suffix.lower() in VIDEO_EXTENSIONS else 0
    try:
        return max(file.stat().st_size, least)
    except OSError:  # its row will say that it cannot be opened
        return least
