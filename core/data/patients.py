"""Patients of the images of a data set: from a table of the user, a table of labels, or sub-folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS, SUB_FOLDERS, read_groups
from core.data.written_names import examples
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from core.data.data_set import DataSet
    from core.data.provenance import DataSource


class Patients(NamedTuple):
    """Patients of the images.

    Attributes:
        ids: patient of each row of the index, or empty; an id counts within its source.
        sources: name of the source → the source, which says whether patient ids are known.
        grouping: what a clean split keeps in one set, for the model card.
        remark: sentences on patients of a table of labels and on sub-folders that are groups, or empty.
    """

    ids: pd.Series
    sources: Mapping[str, DataSource]
    grouping: str
    remark: str


def find_patients(data: DataSet, index: pd.DataFrame, tables: Sequence[Path]) -> Patients:
    """Find the patient of each image.

    Args:
        data: data set.
        index: index table, N rows.
        tables: tables of patient ids, for ``core.data.groups.read_groups``; each decides for the sources
            whose files it names.

    Raises:
        UserError: a table cannot be used, or two give patients of the same source.
    """
    ids = index["patient"].copy()
    sources, sub_folders = dict(data.sources), set(data.sub_folders)
    given: dict[str, Path] = {}
    for path in tables:
        groups = read_groups(path, index, data.folders.names)
        rows = index["file"].isin(groups.index)
        for source in index.loc[rows, "source"].unique():
            if source in given:
                raise UserError(
                    f"{given[source]} and {path} both give groups for {source}; give one of them."
                )
            given[source] = path
            sub_folders.discard(source)
            sources[source] = sources[source].model_copy(update={"patient_ids": True})
            ids[index["source"] == source] = ""
        ids[rows] = index.loc[rows, "file"].map(groups)
    own = ~index["source"].isin(given) & (ids != "") & (index["kind"] == "image")
    remark = _remark(index[own], ids[own], sub_folders)
    return Patients(ids, sources, _grouping(sources, sub_folders), remark)


def _grouping(sources: Mapping[str, DataSource], sub_folders: set[str]) -> str:
    with_ids = [name for name, source in sources.items() if source.patient_ids]
    if not with_ids and not sub_folders:
        return NEAR_DUPLICATES_ONLY
    if len(with_ids) == len(sources):
        return PATIENT_IDS
    if len(sub_folders) == len(sources):
        return SUB_FOLDERS
    parts = [f"patient ids of {', '.join(with_ids)}"] if with_ids else []
    parts += [f"sub-folders of {', '.join(sorted(sub_folders))}"] if sub_folders else []
    return ", ".join(["near-duplicates", *parts])


def _remark(images: pd.DataFrame, ids: pd.Series, sub_folders: set[str]) -> str:
    in_folders = images["source"].isin(sub_folders)
    sentences = []
    for rows, what, unit in (
        (in_folders, "in one sub-folder of a class", "sub-folder"),
        (~in_folders, "of one patient", "patient"),
    ):
        if rows.any():
            count = len(set(zip(images.loc[rows, "source"], ids[rows], strict=True)))
            groups = f"{count} {unit}{'s' if count > 1 else ''}, such as {examples(ids[rows])}"
            sentences.append(
                f"Images {what} are one group, which the protocol clean never splits: {groups}; --groups "
                "none switches this off."
            )
    return " ".join(sentences)
