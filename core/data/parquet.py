"""Unpack Parquet files with an image and a label column, the format of Hub data sets, to image files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from core.data.archive import MAX_BYTES as MAX_ARCHIVE_BYTES
from core.data.archive import MAX_FILES, MAX_RATIO
from core.data.parquet_limits import ParquetLimitError, open_parquet
from core.errors import UserError
from core.files import size_in_words
from core.images.decode import EXTENSIONS
from core.images.limits import MAX_BYTES
from core.schema import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.progress import Progress

# Accepted column names, best first.
_IMAGE = ("image", "img")
_LABEL = ("label", "class", "class_label", "class_name", "labels")
_NAME = ("image_id", "file_name")
_MAX_TEXT_BYTES = 2**20  # of a row beside its image
# No separators, no leading dot, no control characters.
_SAFE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]{0,149}")
_MAX_NAME_BYTES = 200  # file systems allow 255, also with an ending and a number
ClassNames = dict[int, str]


def unpack(tables: Sequence[Path], folder: Path, names: ClassNames, progress: Progress) -> None:
    """Write the image of each row to the folder of its class, without decoding it.

    The file name is the image's path, the column ``image_id`` or ``file_name``, or else the name of the table
    and the number of the row; a number is added where a file of that name exists.

    Args:
        tables: Parquet files.
        folder: existing data folder.
        names: class names of the numbers in the label column, used if the files have none.
        progress: called after each row.

    Raises:
        UserError: a file is not a Parquet file, lacks a column, or has more rows or bytes than a data set
            may have; a row has no image or no valid label; or the file system takes the names of two classes
            for one.
    """
    classes: set[str] = set()
    taken: Counter[tuple[str, str]] = Counter()
    done = 0
    path = tables[0]
    try:
        count = 0
        for path in tables:
            count += open_parquet(path, max_rows=MAX_FILES - count).metadata.num_rows
        for path in tables:
            for row, (label, data, name) in enumerate(_rows(path, names), start=1):
                name = name or f"{path.stem} {row}.png"  # noqa: PLW2901
                if label not in classes:
                    _make_class_folder(folder, label)
                    classes.add(label)
                taken[label, name] = _write(folder / label / name, data, taken[label, name] + 1)
                done += 1
                progress("Unpacking images", done, count)
    except ParquetLimitError as error:
        raise UserError(
            f"{path.name} has {error}, more than a data set of {MAX_FILES:,} images may have; give another "
            "data set."
        ) from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None) is not None:  # an error of the disk, not of Arrow
            raise
        raise UserError(f"{path.name} cannot be read as Parquet; give another data set.") from None


def class_names(card: dict[str, Any]) -> ClassNames:
    """Return the class names of the numbers in the label column, from the card of a Hub data set."""
    try:
        infos = card.get("dataset_info") or []
        for info in infos if isinstance(infos, list) else [infos]:
            for feature in info.get("features") or []:
                kind = feature.get("dtype")
                if (
                    str(feature.get("name")).lower() in _LABEL
                    and isinstance(kind, dict)
                    and "class_label" in kind
                ):
                    return {int(number): str(name) for number, name in kind["class_label"]["names"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # a stranger's card may hold anything
    return {}


def _make_class_folder(folder: Path, label: str) -> None:
    try:
        (folder / label).mkdir()
    except FileExistsError:  # on Windows and macOS, names that differ in case alone
        raise UserError(
            f"{label!r} and another class have the same folder name on this disk; rename one of them."
        ) from None


def _write(path: Path, data: bytes, number: int) -> int:
    """Write a new file whose name gets a number, from 2 on, where it is taken; return the number used.

    Only the file system knows which names it takes for one: case, accents and trailing dots may not count.
    """
    while True:
        again = f" [{number}]" if number > 1 else ""
        try:
            with path.with_name(f"{path.stem}{again}{path.suffix}").open("xb") as file:
                file.write(data)
        except FileExistsError:
            number += 1
        else:
            return number


def _rows(table: Path, names: ClassNames) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield the class, the bytes and the file name (None if it has none) of the image in each row."""
    file, where = open_parquet(table, max_rows=MAX_FILES), table.name
    schema = file.schema_arrow
    image, label = (_column(schema, wanted, where) for wanted in (_IMAGE, _LABEL))
    known = [column for column in schema.names if column.lower() in _NAME]
    names = _names_of(schema, label) or names
    limit = min(MAX_RATIO * table.stat().st_size, MAX_ARCHIVE_BYTES)
    groups = range(file.metadata.num_row_groups)
    _check_unpacked(sum(file.metadata.row_group(group).total_byte_size for group in groups), limit, where)
    unpacked = 0
    # One row at a time: a thousand rows may share an image of a few megabytes, which is in the file once.
    for row, batch in enumerate(file.iter_batches(1, columns=[image, label, *known[:1]]), start=1):
        subject = f"row {row} of {where}"
        unpacked += batch.nbytes
        _check_unpacked(unpacked, limit, where)
        if batch.nbytes > MAX_BYTES + _MAX_TEXT_BYTES:
            raise UserError(f"{subject} has an image of more than {MAX_BYTES // 2**20} MB; reduce its size.")
        for cells in batch.to_pylist():
            cell = cells[image]
            data = cell.get("bytes") if isinstance(cell, dict) else cell
            if not isinstance(data, bytes) or not data:
                raise UserError(f"{subject} has no image in its column {image!r}; remove or repair it.")
            path = cell.get("path") if isinstance(cell, dict) else None
            yield _class(cells[label], names, subject), data, _file_name(path or (known and cells[known[0]]))


def _check_unpacked(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise UserError(
            f"{where} unpacks to more than {MAX_RATIO} times its size or {size_in_words(MAX_ARCHIVE_BYTES)}; "
            "give another data set."
        )


def _column(schema: pa.Schema, wanted: Sequence[str], where: str) -> str:
    for name in wanted:
        for column in schema.names:
            if column.lower() == name:
                return str(column)
    raise UserError(f"{where} has no column {' or '.join(map(repr, wanted[:2]))}; give another data set.")


def _names_of(schema: pa.Schema, label: str) -> ClassNames:
    """Return the class names that the datasets library writes into its Parquet files."""
    try:
        stored = read_json((schema.metadata or {})[b"huggingface"])
        return dict(enumerate(map(str, stored["info"]["features"][label]["names"])))
    except (KeyError, TypeError, ValueError):
        return {}


def _class(value: Any, names: ClassNames, subject: str) -> str:
    name = names.get(value) if names and isinstance(value, int) else value
    if name is None or not _SAFE_NAME.fullmatch(str(name)):
        raise UserError(
            f"{subject} has the label {value!r:.80}, which is not a class name; remove or repair it."
        )
    return str(name)


def _file_name(given: Any) -> str | None:
    name = PurePosixPath(str(given or "").replace("\\", "/")).name
    if not _SAFE_NAME.fullmatch(name) or len(name.encode()) > _MAX_NAME_BYTES:
        return None
    return name if name.lower().endswith(EXTENSIONS) else f"{name}.png"
