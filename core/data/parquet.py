"""Unpack Parquet files with an image and a label column, the format of Hub data sets, to image files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from core.csv_table import to_csv
from core.data.archive import MAX_BYTES as MAX_ARCHIVE_BYTES
from core.data.archive import MAX_FILES, MAX_RATIO
from core.data.class_folders import ClassFolders, is_safe_name
from core.data.parquet_limits import ParquetLimitError, open_parquet
from core.data.set_names import set_of_name
from core.data.user_table import LABEL_COLUMNS, MASK_COLUMNS, PATIENT_COLUMNS, find_column
from core.errors import UserError
from core.files import size_in_words
from core.images.decode import EXTENSIONS
from core.images.limits import MAX_BYTES
from core.schema import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from core.progress import Progress

# Accepted column names, best first, as find_column compares them.
_IMAGE = ("image", "img")
_NAME = ("imageid", "filename")
_MAX_TEXT_BYTES = 2**20  # of a row beside its images
_MAX_PATIENT = 200  # letters
_MAX_NAME_BYTES = 200  # file systems allow 255, also with an ending and a number
# Endings by the first bytes of a file.
_ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8": ".jpg",
    b"BM": ".bmp",
    b"II": ".tif",
    b"MM": ".tif",
    b"RIFF": ".webp",
    b"GIF8": ".gif",
}
METADATA = "metadata.csv"
ClassNames = dict[int, str]


class _Row(NamedTuple):
    label: str
    image: bytes
    name: str | None
    mask: bytes | None
    patient: str


class _Columns(NamedTuple):
    """Names of the columns of a table; None where it has none."""

    image: str
    label: str
    name: str | None
    mask: str | None
    patient: str | None


def unpack(root: Path, tables: Sequence[str], folder: Path, names: ClassNames, progress: Progress) -> None:
    """Write the image of each row to the folder of its class, without decoding it.

    Classes have folders within ``train``, ``val`` and ``test`` where names or folders of the tables name at
    least two sets. The file name is the image's path, the column ``image_id`` or ``file_name``, or else the
    name of the table and the number of the row; a number is added where a file of that name exists. A mask of
    a row becomes ``NAME_mask`` beside the image ``NAME``. Patients become the column ``patient`` of the table
    ``metadata.csv``, beside ``file_name`` and ``label``. Other columns are not kept.

    Args:
        root: folder of the tables.
        tables: paths of the Parquet files in it, with slashes.
        folder: existing data folder.
        names: class names of the numbers in the label column, used if the files have none.
        progress: called after each row.

    Raises:
        UserError: a file is not a Parquet file, lacks a column, or has more rows or bytes than a data set
            may have; a row has no image or no valid label; or the file system takes the names of two classes
            for one.
    """
    sets = {table: _set_name(PurePosixPath(table)) for table in tables}
    folders = ClassFolders(folder, list(sets.values()))
    taken: Counter[Path] = Counter()
    patients: list[tuple[str, str, str]] = []
    done = 0
    path = root / tables[0]
    try:
        count = 0
        for table in tables:
            path = root / table
            count += open_parquet(path, max_rows=MAX_FILES - count).metadata.num_rows
        for table in tables:
            path = root / table
            for number, row in enumerate(_rows(path, names), start=1):
                name = row.name or f"{path.stem} {number}{_ending(row.image)}"
                wanted = folders.make(sets[table], row.label) / name
                written, taken[wanted] = _write(wanted, row.image, taken[wanted] + 1)
                if row.mask:
                    _write(written.with_name(f"{written.stem}_mask{_ending(row.mask)}"), row.mask, 1, "_{}")
                patients.append((written.relative_to(folder).as_posix(), row.label, row.patient))
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
    # As the table of labels it names every image, also one whose patient is not known.
    if any(patient for *_, patient in patients):
        table_of_patients = pd.DataFrame(patients, columns=["file_name", "label", "patient"])
        (folder / METADATA).write_text(to_csv(table_of_patients), encoding="utf-8", newline="")


def _set_name(table: PurePosixPath) -> str:
    """Return the name of the set of a table: its own, or that of the innermost folder which names one."""
    words = {set_of_name(word): word for word in re.split(r"[\W_]+", table.stem)}
    words.pop(None, None)
    if len(words) == 1:
        return words.popitem()[1]
    return next((name for name in reversed(table.parts[:-1]) if set_of_name(name)), "")


def class_names(card: dict[str, Any]) -> ClassNames:
    """Return the class names of the numbers in the label column, from the card of a Hub data set."""
    try:
        infos = card.get("dataset_info") or []
        for info in infos if isinstance(infos, list) else [infos]:
            kinds = {str(each.get("name")): each.get("dtype") for each in info.get("features") or []}
            kind = kinds.get(find_column(kinds, LABEL_COLUMNS) or "")
            if isinstance(kind, dict) and "class_label" in kind:
                return {int(number): str(name) for number, name in kind["class_label"]["names"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # a stranger's card may hold anything
    return {}


def _write(path: Path, data: bytes, number: int, again: str = " [{}]") -> tuple[Path, int]:
    """Write a new file, whose name gets a number from 2 on where it is taken; return its path and number.

    Only the file system knows which names it takes for one: case, accents and trailing dots may not count.
    """
    while True:
        free = path.with_name(f"{path.stem}{again.format(number) if number > 1 else ''}{path.suffix}")
        try:
            with free.open("xb") as file:
                file.write(data)
        except FileExistsError:
            number += 1
        else:
            return free, number


def _rows(table: Path, names: ClassNames) -> Iterator[_Row]:
    """Yield the rows of a table, whose columns are checked."""
    file, where = open_parquet(table, max_rows=MAX_FILES), table.name
    columns = _columns(file.schema_arrow, where)
    names = _names_of(file.schema_arrow, columns.label) or names
    limit = min(MAX_RATIO * table.stat().st_size, MAX_ARCHIVE_BYTES)
    groups = range(file.metadata.num_row_groups)
    _check_unpacked(sum(file.metadata.row_group(group).total_byte_size for group in groups), limit, where)
    largest = MAX_BYTES * (2 if columns.mask else 1) + _MAX_TEXT_BYTES
    unpacked = 0
    # One row at a time: a thousand rows may share an image of a few megabytes, which is in the file once.
    for row, batch in enumerate(file.iter_batches(1, columns=[name for name in columns if name]), start=1):
        subject = f"row {row} of {where}"
        unpacked += batch.nbytes
        _check_unpacked(unpacked, limit, where)
        if batch.nbytes > largest:
            raise UserError(f"{subject} has an image of more than {MAX_BYTES // 2**20} MB; reduce its size.")
        for cells in batch.to_pylist():
            data, path = _image(cells[columns.image])
            if not data:
                raise UserError(
                    f"{subject} has no image in its column {columns.image!r}; remove or repair it."
                )
            yield _Row(
                label=_class(cells[columns.label], names, subject),
                image=data,
                name=_file_name(path or (columns.name and cells[columns.name]), data),
                mask=_image(cells[columns.mask])[0] if columns.mask else None,
                patient=_patient(cells[columns.patient], subject) if columns.patient else "",
            )


def _image(cell: Any) -> tuple[bytes | None, Any]:
    """Return the bytes and the path of an image as the Hub stores it, None where there are none."""
    data, path = (cell.get("bytes"), cell.get("path")) if isinstance(cell, dict) else (cell, None)
    return (data if isinstance(data, bytes) and data else None), path


def _patient(cell: Any, subject: str) -> str:
    patient = "" if cell is None else str(cell).strip()
    if len(patient) > _MAX_PATIENT:
        raise UserError(f"{subject} has a patient id of {len(patient)} letters; shorten it.")
    return patient


def _check_unpacked(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise UserError(
            f"{where} unpacks to more than {MAX_RATIO} times its size or {size_in_words(MAX_ARCHIVE_BYTES)}; "
            "give another data set."
        )


def _columns(schema: pa.Schema, where: str) -> _Columns:
    types = pa.types
    masks, patients = (
        [field.name for field in schema if any(is_one(field.type) for is_one in kinds)]
        for kinds in (
            (types.is_struct, types.is_binary, types.is_large_binary),
            (types.is_integer, types.is_string, types.is_large_string),
        )
    )
    image, label, name, mask, patient = (
        find_column(columns, wanted)
        for columns, wanted in (
            *((schema.names, wanted) for wanted in (_IMAGE, LABEL_COLUMNS, _NAME)),
            *((masks, MASK_COLUMNS), (patients, PATIENT_COLUMNS)),
        )
    )
    for found, wanted in ((image, _IMAGE), (label, LABEL_COLUMNS)):
        if found is None:
            either = " or ".join(map(repr, wanted[:2]))
            raise UserError(f"{where} has no column {either}; give another data set.")
    return _Columns(str(image), str(label), name, mask, patient)


def _names_of(schema: pa.Schema, label: str) -> ClassNames:
    """Return the class names that the datasets library writes into its Parquet files."""
    try:
        stored = read_json((schema.metadata or {})[b"huggingface"])
        return dict(enumerate(map(str, stored["info"]["features"][label]["names"])))
    except (KeyError, TypeError, ValueError):
        return {}


def _class(value: Any, names: ClassNames, subject: str) -> str:
    name = names.get(value) if names and isinstance(value, int) else value
    if name is None or not is_safe_name(str(name)):
        raise UserError(
            f"{subject} has the label {value!r:.80}, which is not a class name; remove or repair it."
        )
    return str(name)


def _file_name(given: Any, data: bytes) -> str | None:
    name = PurePosixPath(str(given or "").replace("\\", "/")).name
    if not is_safe_name(name) or len(name.encode()) > _MAX_NAME_BYTES:
        return None
    return name if name.lower().endswith(EXTENSIONS) else f"{name}{_ending(data)}"


def _ending(data: bytes) -> str:
    if data[128:132] == b"DICM":
        return ".dcm"
    return next((ending for magic, ending in _ENDINGS.items() if data.startswith(magic)), ".png")
