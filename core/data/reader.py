"""Open data folders: find the table or the layout that tells class, patient and set of each image."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from core.data import known_tables, labels, layout
from core.data.class_names import ClassMap
from core.data.data_set import COLUMNS, DataSet, ImageFolders, join
from core.data.labels import ColumnNames, Labels, Table
from core.data.listing import IMAGE, VIDEO, Listing, utf8_name, walk
from core.data.provenance import BUSI, DataSource, is_busi
from core.data.set_names import set_of_name
from core.data.written_names import examples, match_names
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


class Reading(NamedTuple):
    """How the user wants data to be read.

    Attributes:
        tables: tables of labels; each belongs to the data set whose files it names.
        columns: their columns, where the names do not tell.
        mapping: class in the data → class to use.
        known_classes: names of classes whose spelling is kept, such as those of a model.
    """

    tables: tuple[Path, ...] = ()
    columns: ColumnNames = ColumnNames()
    mapping: Mapping[str, str] = {}
    known_classes: tuple[str, ...] = ()


DEFAULT = Reading()
_SHOWN = 3


class Folder(NamedTuple):
    """A data folder.

    Attributes:
        path: folder on the disk.
        name: name of the source, without slashes, which stands before its files where there are several.
        data: licence and citation, as far as they are known before the folder is read.
    """

    path: Path
    name: str
    data: DataSource


class _Found(NamedTuple):
    folder: Folder
    listing: Listing
    root: str  # the folder around everything, '' or with a slash at its end
    images: list[str]  # below the root, also videos and unreadable ones

    @property
    def names(self) -> list[str]:
        """Names of the folder, which a table may put before a file's."""
        return [self.folder.name, self.folder.path.name, *PurePosixPath(self.root).parts]


def read_folder(folder: Path, reading: Reading = DEFAULT) -> DataSet:
    """Read one folder; see ``read_folders``."""
    name = utf8_name(folder.resolve().name) or "data"
    return read_folders(
        [Folder(folder, name, DataSource(name=name, simulated=False, patient_ids=False))], reading
    )


def read_folders(folders: Sequence[Folder], reading: Reading) -> DataSet:
    """Find class, patient and set of every image of one or several data folders, without opening images.

    A table of labels that belongs to a folder decides, else the folders in it: see ``core.data.layout``.

    Args:
        folders: folders with different names of their sources.
        reading: how the user wants them to be read.

    Raises:
        UserError: a folder does not exist or has no images; a table does not fit; or a mapped class does not
            occur.
    """
    classes = ClassMap(reading.mapping, reading.known_classes)
    found = [_look_into(folder, walk(folder.path), classes) for folder in folders]
    tables = _assign([labels.open_table(path) for path in reading.tables], found, reading.columns)
    joined = join([_read(each, tables.get(each.folder.name, []), reading.columns, classes) for each in found])
    classes.check_used(set(joined.files["class"]) - {""})
    return joined


def read_listed(folder: Folder, listing: Listing) -> DataSet:
    """Read a folder in which only the tables are, of the files that a listing names; see ``read_folders``."""
    classes = ClassMap()
    return _read(_look_into(folder, listing, classes), [], ColumnNames(), classes)


def _look_into(folder: Folder, listing: Listing, classes: ClassMap) -> _Found:
    files = listing.files
    images = list(files.loc[files["content"].isin([IMAGE, VIDEO]) & (files["problem"] == ""), "file"])
    if not images:
        raise UserError(
            f"{folder.path} contains no images{_contents(files)}; give a folder with one sub-folder per "
            "class, or with a table of labels."
        )
    root = layout.find_root(images, classes)
    root = f"{root}/" if root else ""
    return _Found(folder, listing, root, [file.removeprefix(root) for file in images])


def _contents(files: pd.DataFrame) -> str:
    """Return what a folder without images holds, in brackets."""
    counted = Counter(files.loc[files["format"] != "", "format"])
    return f" ({', '.join(f'{count} {name}' for name, count in counted.most_common(3))})" if counted else ""


def _assign(tables: Sequence[Table], found: Sequence[_Found], columns: ColumnNames) -> dict[str, list[Table]]:
    """Return the tables that the user gave for each source: a table belongs to the files that it names.

    Raises:
        UserError: a table names files of two sources, or of none.
    """
    if len(found) == 1:
        return {found[0].folder.name: list(tables)}
    assigned: dict[str, list[Table]] = {}
    for table in tables:
        written = labels.written_names(table, columns)
        fitting: dict[str, set[str]] = {}
        for each in found:
            own = [name for name in written if _source_of(name, found) in {None, each.folder.name}]
            matches = match_names(own, each.images, each.names)
            if names := {name for name, match in zip(own, matches, strict=True) if match is not None}:
                fitting[each.folder.name] = names
        if not fitting:
            sources = " or ".join(each.folder.name for each in found)
            raise UserError(
                f"the table {table.path} names no file of {sources}, but {examples(written)}; check it."
            )
        if len(fitting) > 1:
            first, second = list(fitting)[:2]
            common = sorted(fitting[first] & fitting[second]) or sorted(fitting[second])
            raise UserError(
                f"the table {table.path} fits files of {first} and of {second}, such as {common[0]!r}; write "
                f"their names as {first}/{common[0]}, or give one table for each."
            )
        assigned.setdefault(next(iter(fitting)), []).append(table)
    return assigned


def _source_of(name: str, found: Sequence[_Found]) -> str | None:
    """Return the source that a written name begins with, or None."""
    first = PurePosixPath(name.replace("\\", "/").removeprefix("./")).parts[:1]
    return next((each.folder.name for each in found if first == (each.folder.name,)), None)


def _read(found: _Found, tables: Sequence[Table], columns: ColumnNames, classes: ClassMap) -> DataSet:
    """Return the data set of one folder."""
    name, root = found.folder.name, found.root
    folder = found.folder.path / root
    files = found.listing.files
    known, unused = ([], []) if tables else labels.find_tables(found.folder.path, files["file"])
    used = tables or known
    # Beside the folder around all images there may be a table or a text, which have no place in it.
    files = files[files["file"].str.startswith(root)] if root else files
    files = files.assign(file=files["file"].str.removeprefix(root), source=name).reset_index(drop=True)
    if used:
        read = [
            labels.read_labels(
                table,
                found.images,
                classes,
                columns,
                found.names,
                below="" if tables else _below(table, folder),
            )
            for table in used
        ]
        return _with_labels(found, files, folder, read)
    places = dict(zip(found.images, layout.arrange(found.images, classes), strict=True))
    of_file = [places.get(file, layout.Place("")) for file in files["file"]]
    files["class"] = [place.class_name for place in of_file]
    files["set"] = [place.set_name for place in of_file]
    files["patient"] = [place.group for place in of_file]
    files["no_class"] = [place.no_class for place in of_file]
    data = found.folder.data
    if is_busi(folder):
        data = _known(data, BUSI)
    grouped = bool((files["patient"] != "").any())
    remarks = [*_about_folders(found, files, classes), *unused[:_SHOWN]]
    if len(unused) > _SHOWN:
        remarks.append(f"Nor are {len(unused) - _SHOWN} more tables.")
    return DataSet(
        _sorted(files),
        ImageFolders.of(folder),
        {name: data},
        owners={},
        labelled=frozenset(),
        sub_folders=frozenset([name] if grouped else []),
        remarks=tuple(remarks),
    )


def _below(table: Table, folder: Path) -> str:
    """Return the folder whose images a table of the Hub's image folders describes: its own."""
    known = known_tables.recognise(table.rows)
    if known is None or known.name is not None or not table.path.is_relative_to(folder):
        return ""
    return table.path.parent.relative_to(folder).as_posix().removeprefix(".")


def _with_labels(found: _Found, files: pd.DataFrame, folder: Path, read: Sequence[Labels]) -> DataSet:
    """Return a data set whose classes come from tables."""
    name, data = found.folder.name, found.folder.data
    table, remarks = labels.join(read)
    files = files.merge(table, on="file", how="left")
    files[list(table.columns)] = files[list(table.columns)].fillna("")
    files["no_class"] = ""
    by_folder = files["file"].map(
        lambda file: next(filter(None, map(set_of_name, PurePosixPath(file).parts[:-1])), "")
    )
    files["set"] = files["set"].where(files["set"] != "", by_folder)
    known = read[0].known
    if known is not None and known.name is None:
        remarks.insert(0, f"Classes come from {examples(each.path.name for each in read)}.")
    if known is not None and known.name is not None:
        patients = " and patients" if read[0].has_patients else ""
        remarks.insert(0, f"Recognised as {known.name}: classes{patients} come from {read[0].path.name}.")
        data = _known(
            data, data.model_copy(update={f: getattr(known, f) for f in ("name", "licence", "citation")})
        )
    data = data.model_copy(update={"patient_ids": any(each.has_patients for each in read)})
    owners = {mask: image for each in read for mask, image in each.owners.items()}
    return DataSet(
        _sorted(files),
        ImageFolders.of(folder),
        {name: data},
        owners,
        labelled=frozenset([name]),
        sub_folders=frozenset(),
        remarks=tuple(remarks),
    )


def _known(data: DataSource, known: DataSource) -> DataSource:
    """Return the source of a known data set; of one on the Hub the repository and its licence stay."""
    on_hub = data.citation is not None
    update = {"citation": known.citation, "licence": data.licence or known.licence}
    return data.model_copy(update=update if on_hub else update | {"name": known.name})


def _sorted(files: pd.DataFrame) -> pd.DataFrame:
    """Sort by class, and within a class folder by folder, as Keras's ``flow_from_directory`` does.

    Images that are all of one set are not split.
    """
    if len(set(files["set"]) - {""}) == 1:
        files["set"] = ""
    further = [column for column in files if column not in COLUMNS]
    return files.sort_values("class", kind="stable", ignore_index=True)[[*COLUMNS, *further]]


def _about_folders(found: _Found, files: pd.DataFrame, classes: ClassMap) -> list[str]:
    """Return a sentence on folders without images."""
    remarks = []
    parents = map(PurePosixPath, {file.rpartition("/")[0] for file in found.images})
    with_images = {str(folder) for parent in parents for folder in (parent, *parent.parents)}
    present = set(files["class"])
    empty = set()
    for name in found.listing.folders:
        inside = name.removeprefix(found.root)
        if not name.startswith(found.root) or inside in with_images:
            continue
        place = layout.arrange([f"{inside}/image.png"], classes)[0] if inside else layout.Place("")
        if place.class_name and place.class_name not in present and not place.group:
            empty.add(inside)
    if empty:
        shown = sorted(empty)[:_SHOWN]
        names = ", ".join(shown) + (f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else "")
        remarks.append(
            f"The folder {names} has no images and is no class."
            if len(empty) == 1
            else f"The folders {names} have no images and are no classes."
        )
    return remarks
