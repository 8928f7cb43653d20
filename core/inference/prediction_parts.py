"""The predictions of an unfinished ``predict``: a file for so many files, written once it is complete."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from core.data.duplicates import fingerprint
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.files import write_atomically, write_text
from core.images import crop
from core.inference.classify_files import TASK_FILES
from core.inference.prediction_table import SEEN_COLUMNS
from core.inference.read_images import ListedFile
from core.schema import Strict, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.inference.classify_files import ClassifiedImage
    from core.inference.image_search import Search

PART_PATTERN = "part-*.parquet"
"""Pattern of the file names of finished parts."""
_PART_FILES = 32 * TASK_FILES
_REQUEST, _LIST = "request.json", "files.parquet"
_LIST_SCHEMA = pa.schema([("path", pa.binary()), ("inside", pa.bool_())])


class PredictionRequest(Strict):
    """What a prediction was asked for; one that goes on must be the same."""

    bundle_sha256: str = Field(description="SHA-256 of the model's bundle.json")
    paths: tuple[str, ...] = Field(description="files and folders, as they were given")
    current: str = Field("", description="current folder; '' where no path is relative to it")
    frame: str = Field(description="choice of frames")
    crop: str = Field(description="choice of the crop")


class _Begun(Strict):
    request: PredictionRequest
    files: int = Field(ge=0, description="number of listed files")
    left_out: dict[str, int] = Field(description="number of other files by what they are")


class PredictionParts:
    """The folder of an unfinished prediction: its request, the list of its files, and the finished parts.

    Part P has the images of 1,024 files of the list, from file 1,024 · P on, a row each.

    Attributes:
        folder: the folder.
        class_names: classes of the model.
        files: number of listed files.
        left_out: number of other files by what they are; see ``core.data.left_out``.
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
        begun = parse(_Begun, text, what=str(folder / _REQUEST))
        self._request, self.files, self.left_out = begun.request, begun.files, Counter(begun.left_out)

    @classmethod
    def begin(
        cls, folder: Path, request: PredictionRequest, search: Search, class_names: Sequence[str]
    ) -> PredictionParts:
        """Write the list of the files and the request into a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / _LIST, lambda path: _write_list(path, search))
        begun = _Begun(request=request, files=len(search.files), left_out=dict(search.left_out))
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
            ("current", "another current folder, from which paths lead elsewhere"),
            ("frame", "another --frame"),
            ("crop", "another --crop"),
        ):
            if getattr(self._request, name) != getattr(request, name):
                raise UserError(
                    f"the prediction in {self.folder} was begun with {words}; give the same command with "
                    "--resume, or remove the folder and begin again."
                )

    @property
    def numbers(self) -> range:
        """Numbers of all parts."""
        return range(-(-self.files // _PART_FILES))

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are not finished."""
        return [number for number in self.numbers if not self._part(number).exists()]

    def files_of(self, number: int) -> int:
        """Return the number of files of a part."""
        return min(_PART_FILES, self.files - number * _PART_FILES)

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
        with pq.ParquetFile(self.folder / _LIST) as listed:  # each part is a row group
            rows = listed.read_row_group(number).slice(place * TASK_FILES, TASK_FILES)
        paths, inside = rows["path"].to_pylist(), rows["inside"].to_pylist()
        return [ListedFile(os.fsdecode(path), found) for path, found in zip(paths, inside, strict=True)]

    def tasks_of(self, number: int) -> int:
        """Return the number of tasks of a part."""
        return -(-self.files_of(number) // TASK_FILES)

    def write(self, number: int, images: Sequence[ClassifiedImage]) -> None:
        """Write a finished part."""
        rows = [_row(each, self.class_names) for each in images]
        fingerprints = b"".join(
            (each.image.viewed.whole.fingerprint if each.image.viewed else "")
            .encode()
            .ljust(fingerprint.CHARACTERS)
            for each in images
        )
        # First: a part that exists is complete.
        write_atomically(self._fingerprints(number), lambda path: path.write_bytes(fingerprints))
        table = pa.Table.from_pylist(rows, schema=self._schema())
        write_atomically(self._part(number), lambda path: pq.write_table(table, path))

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
        """
        table = pq.read_table(self._part(number), columns=None if columns is None else list(columns))
        return table.to_pandas()

    def fingerprints(self, rows: NDArray[np.int64]) -> Sequence[str]:
        """Return the fingerprints of rows, which are read when they are asked for.

        Args:
            rows: numbers of rows, counted through all parts.
        """
        sizes = [pq.read_metadata(self._part(number)).num_rows for number in self.numbers]
        return _StoredFingerprints(
            [self._fingerprints(n) for n in self.numbers], np.cumsum([0, *sizes]), rows
        )

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.parquet"

    def _fingerprints(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.fingerprints"

    def _schema(self) -> pa.Schema:
        text, number = pa.string(), pa.float64()
        return pa.schema(
            [
                ("file", text),
                ("inside", pa.bool_()),
                *((name, pa.int32()) for name in ("frame", "width", "height")),
                *((name, text) for name in ("look", "reason", "crop", "predicted_class")),
                *((name, number) for name in probability_columns(self.class_names)),
                ("possible", pa.list_(text)),
                ("distances", pa.list_(pa.struct([("score", text), ("distance", number)]))),
                ("unlike_training", pa.bool_()),
                *((name, text) for name in (*SEEN_COLUMNS, "warning", "notes", "problem")),
            ]
        )


class _StoredFingerprints(Sequence[str]):
    """Fingerprints in the files of parts, each read when it is asked for."""

    def __init__(self, paths: Sequence[Path], starts: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        self._paths, self._starts, self._rows = paths, starts, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[str]: ...
    def __getitem__(self, position: int | slice) -> str | Sequence[str]:
        if isinstance(position, slice):
            return _StoredFingerprints(self._paths, self._starts, self._rows[position])
        row = int(self._rows[position])
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        with self._paths[part].open("rb") as file:
            file.seek((row - int(self._starts[part])) * fingerprint.CHARACTERS)
            return file.read(fingerprint.CHARACTERS).decode().rstrip()


def _write_list(path: Path, search: Search) -> None:
    with pq.ParquetWriter(path, _LIST_SCHEMA) as writer:
        for start in range(0, len(search.files), _PART_FILES):
            files = search.files[start : start + _PART_FILES]
            rows = {
                "path": list(map(os.fsencode, files)),
                "inside": [file not in search.given for file in files],
            }
            writer.write_table(pa.table(rows, schema=_LIST_SCHEMA))


def _row(each: ClassifiedImage, names: Sequence[str]) -> dict[str, object]:
    image, prediction = each.image, each.prediction
    width, height = image.size or (-1, -1)
    row: dict[str, object] = {
        "file": image.file.name,
        "inside": image.file.inside,
        "frame": -1 if image.frame is None else image.frame,
        "width": width,
        "height": height,
        "look": image.look,
        "reason": image.reason,
        "crop": "" if image.viewed is None else crop.write(image.viewed.box),
        "possible": [],
        "distances": [],
        **dict(zip(SEEN_COLUMNS, each.seen or ("", ""), strict=True)),
        "warning": "" if image.viewed is None else image.viewed.examined.warning,
        "notes": image.notes,
        "problem": image.problem,
    }
    if prediction is not None:
        row |= dict(zip(probability_columns(names), prediction.probabilities.values(), strict=True))
        row |= {
            "predicted_class": prediction.predicted_class,
            "possible": list(prediction.possible),
            "distances": [{"score": score, "distance": d} for score, d in prediction.distances.items()],
            "unlike_training": prediction.unlike_training,
        }
    return row
