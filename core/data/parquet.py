"""Parquet files with an image and a label column, as the Hub's data sets have them, become image files."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.limits import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.progress import Progress

IMAGE = ("image", "img")
LABEL = ("label", "class", "class_label", "class_name", "labels")
NAME = ("image_id", "file_name")
_BATCH = 64
# No separator, nothing hidden, nothing a terminal would obey.
_PLAIN = re.compile(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]{0,149}")
ClassNames = dict[int, str]


def unpack(tables: Sequence[Path], folder: Path, names: ClassNames, progress: Progress) -> None:
    """Write each row's image into the folder of its class, as the bytes that it is.

    An image is called as its row says (the image's path, or a column ``image_id`` or ``file_name``), or
    after its file and row.

    Args:
        tables: Parquet files.
        folder: exists.
        names: what numbers in the label column stand for, where the files do not say it themselves.
        progress: told of the rows.

    Raises:
        UserError: a file is no Parquet, lacks a column, or a row has no image or no label.
    """
    taken: Counter[tuple[str, str]] = Counter()
    done = 0
    path = tables[0]
    try:
        count = sum(ParquetFile(path).metadata.num_rows for path in tables)
        for path in tables:
            file = ParquetFile(path)
            for row, (label, data, name) in enumerate(_rows(file, path.name, names), start=1):
                name = name or f"{path.stem} {row}.png"  # noqa: PLW2901
                taken[label, name] += 1
                stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix
                again = f" [{taken[label, name]}]" if taken[label, name] > 1 else ""
                (folder / label).mkdir(exist_ok=True)
                (folder / label / f"{stem}{again}{ending}").write_bytes(data)
                done += 1
                progress("Unpacking images", done, count)
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # of the disk, not of Arrow
            raise
        raise UserError(f"{path.name} cannot be read as Parquet; give another data set.") from None


def names_in(card: dict[str, Any]) -> ClassNames:
    """Return the class names that a data set's card gives for the numbers in its label column."""
    infos = card.get("dataset_info") or []
    for info in infos if isinstance(infos, list) else [infos]:
        for feature in info.get("features") or []:
            kind = feature.get("dtype")
            if str(feature.get("name")).lower() in LABEL and isinstance(kind, dict) and "class_label" in kind:
                return {int(number): str(name) for number, name in kind["class_label"]["names"].items()}
    return {}


def _rows(file: ParquetFile, where: str, names: ClassNames) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield the class, the image's bytes and its name, or None without one, for every row."""
    schema = file.schema_arrow
    image, label = (_column(schema, wanted, where) for wanted in (IMAGE, LABEL))
    known = [column for column in schema.names if column.lower() in NAME]
    names = _names_of(schema, label) or names
    row = 0
    for batch in file.iter_batches(_BATCH, columns=[image, label, *known[:1]]):
        for cells in batch.to_pylist():
            row += 1
            this = f"row {row} of {where}"
            cell = cells[image]
            data = cell.get("bytes") if isinstance(cell, dict) else cell
            if not isinstance(data, bytes) or not data:
                raise UserError(f"{this} holds no image in its column {image!r}; take it out, or mend it.")
            if len(data) > MAX_BYTES:
                raise UserError(f"{this} has an image of more than {MAX_BYTES // 2**20} MB; make it smaller.")
            path = cell.get("path") if isinstance(cell, dict) else None
            yield _class(cells[label], names, this), data, _file_name(path or (known and cells[known[0]]))


def _column(schema: pa.Schema, wanted: Sequence[str], where: str) -> str:
    for name in wanted:
        for column in schema.names:
            if column.lower() == name:
                return str(column)
    raise UserError(f"{where} has no column {' or '.join(map(repr, wanted[:2]))}; give another data set.")


def _names_of(schema: pa.Schema, label: str) -> ClassNames:
    """Return the names that the datasets library writes into its Parquet files."""
    try:
        stored = json.loads((schema.metadata or {})[b"huggingface"])
        return dict(enumerate(map(str, stored["info"]["features"][label]["names"])))
    except (KeyError, TypeError, ValueError):
        return {}


def _class(value: Any, names: ClassNames, this: str) -> str:
    name = names.get(value) if names and isinstance(value, int) else value
    if name is None or not _PLAIN.fullmatch(str(name)):
        raise UserError(f"{this} has the label {value!r}, which names no class; take it out, or mend it.")
    return str(name)


def _file_name(given: Any) -> str | None:
    name = PurePosixPath(str(given or "").replace("\\", "/")).name
    if not _PLAIN.fullmatch(name):
        return None
    return name if name.lower().endswith(EXTENSIONS) else f"{name}.png"
