"""A data set as its owner means it: files with class, source, patient and set, from one folder or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.data.provenance import DataSource

# Columns of ``DataSet.files`` in front of a table's further ones.
COLUMNS = ("file", "source", "class", "set", "patient", "no_class", "content", "format", "problem")


class ImageFolders(NamedTuple):
    """The folders of the sources of a data set.

    Attributes:
        by_source: source → folder of its files; '' for a data set of one source, whose files are named
            without it.
    """

    by_source: Mapping[str, Path]

    @classmethod
    def of(cls, folder: Path) -> ImageFolders:
        """Return the folders of a data set of one source."""
        return cls({"": folder})

    @property
    def names(self) -> list[str]:
        """Names of sources and folders, which a table may put before a file's."""
        return [name for source, path in self.by_source.items() for name in (source, path.name) if name]

    def path(self, file: str) -> Path:
        """Return the path of a file, whose name begins with its source where there are several."""
        if "" in self.by_source:
            return self.by_source[""] / file
        source, _, inside = file.partition("/")
        return self.by_source[source] / inside


class DataSet(NamedTuple):
    """The files of one or several sources.

    Attributes:
        files: one row per file that is no litter, with ``COLUMNS``: ``file`` (path relative to the folder of
            its source, ``SOURCE/path`` where there are several), ``source``, ``class`` (empty where it has
            none), ``set`` (of the data set's own split, or empty), ``patient`` (id of the patient or name of
            the sub-folder whose images stay together, or empty), ``no_class`` (folder in place of a class
            that cannot be one, or empty), ``content``, ``format`` and ``problem`` as in
            ``core.data.listing.Listing``. Further columns of tables follow.
        folders: where the files are.
        sources: name of the source → its licence, citation and kind of patients.
        owners: mask → image, where a table says so.
        labelled: sources whose classes come from a table.
        sub_folders: sources whose ``patient`` is the name of a sub-folder.
        remarks: sentences on how the data were read.
    """

    files: pd.DataFrame
    folders: ImageFolders
    sources: Mapping[str, DataSource]
    owners: Mapping[str, str]
    labelled: frozenset[str]
    sub_folders: frozenset[str]
    remarks: tuple[str, ...]


def join(data_sets: Sequence[DataSet]) -> DataSet:
    """Return several data sets as one, whose files are named ``SOURCE/path``.

    Args:
        data_sets: data sets of one source each, with different names.
    """
    if len(data_sets) == 1:
        return data_sets[0]
    tables: list[pd.DataFrame] = []
    owners: dict[str, str] = {}
    folders: dict[str, Path] = {}
    remarks = [remark for each in data_sets for remark in each.remarks]
    classes = {name for each in data_sets for name in each.files["class"]} - {""}
    for each in data_sets:
        (name,) = each.sources
        tables.append(each.files.assign(file=f"{name}/" + each.files["file"]))
        owners |= {f"{name}/{mask}": f"{name}/{image}" for mask, image in each.owners.items()}
        folders[name] = each.folders.by_source[""]
        if lacking := sorted(classes - set(each.files["class"])):
            remarks.append(f"{name} has no images of class {' or '.join(lacking)}.")
    files = pd.concat(tables, ignore_index=True)
    text = [column for column in files if column not in COLUMNS]
    files[text] = files[text].fillna("")
    return DataSet(
        files,
        ImageFolders(folders),
        {name: source for each in data_sets for name, source in each.sources.items()},
        owners,
        frozenset().union(*(each.labelled for each in data_sets)),
        frozenset().union(*(each.sub_folders for each in data_sets)),
        tuple(remarks),
    )
