"""A part of a Hub data set: which of its files are fetched where there is a limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data.labels import TABLE_ENDINGS
from core.data.listing import IMAGE, Listing
from core.data.provenance import DataSource
from core.data.reader import Folder, read_listed
from core.data.sample import draw_files
from core.errors import UserError
from core.files import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.hub.repository import Repository

TEXTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xml", ".xlsx", ".xls")
"""Endings of tables and notes, without which a data set still needs images."""
ARCHIVES = (".zip", ".npz")


class Limit(NamedTuple):
    """How much of a data set is fetched.

    Attributes:
        images: largest number of images of a data set of files in folders, drawn by ``core.data.sample``.
        size: largest size, bytes; a data set of Parquet, ZIP or array files that is larger is refused.
    """

    images: int
    size: int


def files_within(
    limit: Limit,
    sizes: Mapping[str, int],
    repository: Repository,
    fetch: Callable[[Sequence[str]], Path],
) -> list[str]:
    """Return the files to fetch: all tables and notes, and images that are drawn class by class.

    Args:
        limit: how much is fetched.
        sizes: path of each file of the data, with slashes → size in bytes.
        repository: repository of the data set.
        fetch: function that fetches the tables of labels, and returns the folder that they lie in.

    Raises:
        UserError: what cannot be fetched in part is larger than the limit.
    """
    whole = [path for path in sizes if path.lower().endswith((*TEXTS, *ARCHIVES, ".parquet"))]
    size = sum(sizes[path] for path in whole)
    if size > limit.size:
        raise UserError(
            f"{repository} has {size_in_words(size)} that cannot be fetched in part, and the limit is "
            f"{size_in_words(limit.size)}: name a smaller data set, or one of image files in folders."
        )
    images = {path: sizes[path] for path in sizes.keys() - set(whole)}
    tables = [path for path in whole if path.lower().endswith(TABLE_ENDINGS)]
    folder = fetch(tables) if tables and images else Path()
    classes = _classes(folder, repository.name.rpartition("/")[2], tables, sorted(images))
    return [*whole, *draw_files(images, classes, limit.images, limit.size - size)]


def _classes(folder: Path, name: str, tables: Sequence[str], images: Sequence[str]) -> dict[str, str]:
    """Return the class of each image whose class is known; none where the tables cannot be used."""
    rows = [*((file, "", "", "") for file in tables), *((file, IMAGE, "", "") for file in images)]
    listing = Listing(pd.DataFrame(rows, columns=["file", "content", "format", "problem"]), ())
    data = DataSource(name=name, simulated=False, patient_ids=False)
    try:
        read = read_listed(Folder(folder, name, data), listing)
    except UserError:  # when all are there, it is raised again, and says why
        return {}
    # A folder around all images stands before their names no more.
    root = read.folders.path("").relative_to(folder).as_posix()
    before = "" if root == "." else f"{root}/"
    files = read.files
    files = files[(files["content"] == IMAGE) & (files["class"] != "")]
    return {f"{before}{file}": label for file, label in zip(files["file"], files["class"], strict=True)}
