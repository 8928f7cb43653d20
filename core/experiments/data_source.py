"""Find the data sets that the user names: folders, archives, the Hub, and read how their owners mean them."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.data import archive, npz
from core.data.cache import cached
from core.data.class_names import key_of
from core.data.labels import ColumnNames
from core.data.listing import utf8_name
from core.data.phantom import dataset as phantom_dataset
from core.data.provenance import BREASTMNIST, MAX_NAME, MAX_PARTS, PHANTOM_DATA, DataSource
from core.data.reader import Folder, Reading, read_folders
from core.errors import UserError
from core.files import expand_user
from core.hub import dataset as hub_dataset
from core.hub.repository import DATA_SETS
from core.images.formats import HEAD_BYTES, identify
from core.progress import LISTING, one_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.data.data_set import DataSet
    from core.progress import Progress

PHANTOM = "phantom"
_LONGEST_KEY = 60


class DataRequest(NamedTuple):
    """The data that the user names, and how to read them.

    Attributes:
        names: folders, ZIP or NPZ files, ``hf://datasets/USER/NAME[@REVISION]``, or ``phantom``.
        tables: tables of labels; each belongs to the data set whose files it names.
        columns: their columns, where the names do not tell.
        mapping: class in the data → class to use.
        groups: tables of patient ids; each belongs to the data set whose files it names.
        own_groups: whether images of one patient of a table, or in one sub-folder of a class, stay together.
        allow_missing: whether a class may lose more than a tenth of its images.
    """

    names: tuple[str, ...]
    tables: tuple[Path, ...] = ()
    columns: ColumnNames = ColumnNames()
    mapping: Mapping[str, str] = {}
    groups: tuple[Path, ...] = ()
    own_groups: bool = True
    allow_missing: bool = False


def resolve(request: DataRequest, progress: Progress, known_classes: Sequence[str] = ()) -> DataSet:
    """Find data sets, simulate, unpack or download them where needed, and read their layout.

    Phantoms are simulated once, an archive is unpacked once, a commit of the Hub is downloaded once; all are
    kept in the user's cache.

    Args:
        request: names of the data sets, and how to read them.
        progress: function that reports each step.
        known_classes: names of classes whose spelling is kept, such as those of a model.

    Raises:
        UserError: there is no such data set, an archive is unsafe or incomplete, a download failed, or the
            layout does not tell the classes.
    """
    if len(request.names) > MAX_PARTS:
        raise UserError(f"{len(request.names)} data sets are too many; give at most {MAX_PARTS}.")
    folders = [_find(name, request.mapping, progress) for name in request.names]
    _check_apart(folders)
    reading = Reading(request.tables, request.columns, request.mapping, tuple(known_classes))
    with one_step(progress, LISTING):
        data = read_folders(_with_different_names(folders), reading)
    if request.own_groups:
        return data
    sources = {
        name: source.model_copy(update={"patient_ids": False}) for name, source in data.sources.items()
    }
    return data._replace(files=data.files.assign(patient=""), sources=sources, sub_folders=frozenset())


def _check_apart(folders: Sequence[Folder]) -> None:
    """Refuse a data set that is given twice or lies within another, whose images would count twice."""
    paths = [folder.path.resolve() for folder in folders]
    if len(set(paths)) < len(paths):
        raise UserError("one of the data sets is given twice; give each once.")
    for path in paths:
        if outer := next((other for other in paths if other in path.parents), None):
            raise UserError(f"{path} lies within {outer}, so its images would count twice; give one of them.")


def _find(data: str, mapping: Mapping[str, str], progress: Progress) -> Folder:
    if data == PHANTOM and not Path(data).is_dir():
        return Folder(_phantoms(progress), PHANTOM, PHANTOM_DATA)
    if data.startswith("hf://"):
        found = hub_dataset.open_dataset(data, progress, _numbers(mapping))
        source = DataSource(
            name=str(found.repository),
            simulated=False,
            patient_ids=False,
            licence=found.licence,
            citation=found.page,
        )
        return Folder(found.folder, found.repository.name.rpartition("/")[2], source)
    if not data.strip():
        raise UserError("the name of a data set is empty; give a folder, or . for the present one.")
    path = expand_user(data)
    if path.is_file():
        _check_archive(path)
        if not npz.is_npz(path):
            return Folder(_unpacked(path, progress), *_named(path.stem))
        unpacked = _arrays(path, mapping, progress)
        return (
            Folder(unpacked, path.stem, BREASTMNIST)
            if npz.is_breastmnist(path)
            else Folder(unpacked, *_named(path.stem))
        )
    if not path.is_dir():
        raise UserError(
            f"{data} is neither a folder nor a ZIP file; give one with a sub-folder per class or a table of "
            f"labels, {DATA_SETS}USER/NAME on the Hub, or the word {PHANTOM}."
        )
    return Folder(path, *_named(path.resolve().name))


def _check_archive(path: Path) -> None:
    """Refuse a file that is no archive of a kind that is read, by what it is."""
    with path.open("rb") as file:
        form = identify(file.read(HEAD_BYTES))
    if form.name != "ZIP" and not zipfile.is_zipfile(path):
        what = form.describe() or "a file of an unknown format"
        how = (
            "unpack it yourself, and give the folder"
            if form.kind == "archive"
            else "give the folder of the data"
        )
        raise UserError(f"{path} is {what}, not a ZIP or NPZ file; {how}.")


def _named(name: str) -> tuple[str, DataSource]:
    """Return the name of a source, and the source, after a folder or file; / has no name."""
    name = utf8_name(name).strip() or "data"
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME - 1]}…"
    return name, DataSource(name=name, simulated=False, patient_ids=False)


def _with_different_names(folders: Sequence[Folder]) -> list[Folder]:
    """Number the names that several sources have; case does not tell sources apart."""
    taken: Counter[str] = Counter()
    named = []
    for folder in folders:
        name = folder.name[:_LONGEST_KEY]
        taken[key_of(name)] += 1
        number = taken[key_of(name)]
        named.append(folder._replace(name=name if number == 1 else f"{name} {number}"))
    return named


def _phantoms(progress: Progress) -> Path:
    def write(folder: Path) -> None:
        phantom_dataset.write_dataset(
            folder, progress=lambda done, count: progress("Simulating phantoms", done, count)
        )

    return cached(f"phantom-{phantom_dataset.digest_of_code()}", write)


def _unpacked(path: Path, progress: Progress) -> Path:
    def write(folder: Path) -> None:
        archive.unpack(path, folder, lambda done, count: progress(f"Unpacking {path.name}", done, count))

    return cached(f"zip2-{_digest(path)}", write)


def _arrays(path: Path, mapping: Mapping[str, str], progress: Progress) -> Path:
    names = _numbers(mapping)
    key = hashlib.sha256(f"{_digest(path)} {sorted(names.items())}".encode()).hexdigest()[:32]
    return cached(f"npz-{key}", lambda folder: npz.unpack(path, folder, names, progress))


def _numbers(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the names that the user gives to labels which are numbers."""
    return {name.strip(): target for name, target in mapping.items() if name.strip().isdigit()}


def _digest(path: Path) -> str:
    # Keyed by the content: another archive under the same name is unpacked again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
