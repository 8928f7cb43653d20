"""The images of a part of a prediction as a table in a Parquet file, and their fingerprints beside it."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.duplicates import fingerprint
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.files import why, write_atomically
from core.images import crop
from core.inference.prediction_table import SEEN_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.inference.classify_files import ClassifiedImage


def schema(class_names: Sequence[str]) -> pa.Schema:
    """Return the columns of a part; see ``core.inference.prediction_parts.PredictionParts.read``."""
    texts = ("look", "reason", "crop", "predicted_class")
    return pa.schema(
        [
            ("file", pa.string()),
            ("inside", pa.bool_()),
            *((name, pa.int32()) for name in ("frame", "width", "height")),
            *((name, pa.string()) for name in texts),
            *((name, pa.float64()) for name in probability_columns(class_names)),
            ("possible", pa.list_(pa.string())),
            ("distances", pa.list_(pa.struct([("score", pa.string()), ("distance", pa.float64())]))),
            ("unlike_training", pa.bool_()),
            *((name, pa.string()) for name in ("seen_in_training", "seen_by")),
            *((name, pa.string()) for name in ("warning", "notes", "problem")),
        ]
    )


def as_table(images: Sequence[ClassifiedImage], class_names: Sequence[str]) -> pa.Table:
    """Return images as rows, which take a tenth of the memory."""
    return pa.Table.from_pylist([_row(each, class_names) for each in images], schema=schema(class_names))


def fingerprints_of(images: Sequence[ClassifiedImage]) -> bytes:
    """Return the fingerprint of each image, all of one length."""
    return b"".join(
        (each.image.viewed.whole.fingerprint if each.image.viewed else "")
        .encode()
        .ljust(fingerprint.CHARACTERS)
        for each in images
    )


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file by one rename."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # Arrow would take names such as a:b for addresses
            pq.write_table(table, file)

    write_atomically(path, write)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet file.

    Args:
        path: a finished part.
        columns: columns to read; None for all.

    Raises:
        UserError: the file is damaged, or cannot be read now.
    """
    with errors_told(path, "remove it, and add --resume to make it again"), path.open("rb") as file:
        return pq.read_table(file, columns=None if columns is None else list(columns))


@contextmanager
def errors_told(path: Path, remedy: str) -> Iterator[None]:
    """Tell the user what is wrong with a Parquet file that the block reads.

    Args:
        path: the file.
        remedy: what to do where it is damaged.

    Raises:
        UserError: it is damaged, or the system does not let it be read.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno not in {None, errno.ENOENT}:
            raise UserError(
                f"{path} cannot be read: {why(error)}; check the disk, and add --resume."
            ) from None
        raise UserError(f"{path} is damaged; {remedy}.") from None


def is_complete(path: Path, fingerprints: Path, class_names: Sequence[str]) -> bool:
    """Return whether a part is there as a whole, as it may not be after a loss of power.

    Args:
        path: file of its table, which is read at its end alone.
        fingerprints: file of its fingerprints.
        class_names: classes of the model.
    """
    try:
        with path.open("rb") as file, pq.ParquetFile(file) as table:
            size = table.metadata.num_rows * fingerprint.CHARACTERS
            return table.schema_arrow.equals(schema(class_names)) and fingerprints.stat().st_size == size
    except (OSError, pa.ArrowException):
        return False


class StoredFingerprints(Sequence[str]):
    """Fingerprints in files, which are read when they are asked for."""

    def __init__(self, paths: Sequence[Path], starts: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Read nothing yet.

        Args:
            paths: files of P parts.
            starts: number of the first row of each part, and of all rows, [P + 1].
            rows: numbers of the rows, counted through all parts.
        """
        self._paths, self._starts, self._rows = paths, starts, rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[str]: ...
    def __getitem__(self, position: int | slice) -> str | Sequence[str]:
        """Return the fingerprint of a row, or those of several."""
        if isinstance(position, slice):
            return StoredFingerprints(self._paths, self._starts, self._rows[position])
        row = int(self._rows[position])
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        with self._paths[part].open("rb") as file:
            file.seek((row - int(self._starts[part])) * fingerprint.CHARACTERS)
            return file.read(fingerprint.CHARACTERS).decode().rstrip()


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
