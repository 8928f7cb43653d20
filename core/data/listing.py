"""List the files of a data folder by name, without opening them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.mask_names import mask_owners
from core.errors import UserError
from core.images.decode import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Problems of entries that cannot be used, and messages with their solution.
PROBLEMS = {
    "link out of the folder": "is a link that leaves the folder; replace it with the file itself",
    "linked folder": "is a link to a folder; replace it with the folder itself",
    "folder cannot be opened": "cannot be opened; change its permissions or remove it",
    "name is not UTF-8": "has a name that is not UTF-8; rename it",
}
OUTSIDE_LINK, LINKED_FOLDER, UNREADABLE_FOLDER, BAD_NAME = PROBLEMS


def list_files(folder: Path) -> pd.DataFrame:
    """List all files in the class folders of a data folder, usable or not.

    Names that begin with a dot are skipped; links to folders are not followed.

    Args:
        folder: data folder with one sub-folder per class.

    Returns:
        One row per file in the order of Keras's ``flow_from_directory``, with the columns ``file`` (path
        relative to the folder, with slashes), ``class``, ``kind`` (``mask`` for names that end in ``_mask``
        or ``_mask_N``, ``image`` for other image files, ``other`` for files without an image extension),
        ``image`` (the image that a mask belongs to, else the file itself) and ``problem`` (a key of
        ``PROBLEMS``, or empty).

    Raises:
        UserError: the folder does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a folder that has one sub-folder per class.")
    rows = []
    for child in _class_folders(folder):
        for path, is_image, problem in _entries(child, folder.resolve()):
            file = path.relative_to(folder).as_posix()
            if utf8_name(file) != file:
                problem = BAD_NAME  # noqa: PLW2901 - comes before any other problem: tables cannot store the name
            rows.append((utf8_name(file), utf8_name(child.name), is_image, problem))
    table = pd.DataFrame(rows, columns=["file", "class", "is_image", "problem"])
    owners = mask_owners(table.loc[table["is_image"].astype(bool), "file"])
    is_mask = table["file"].isin(owners)
    table["kind"] = np.where(is_mask, "mask", np.where(table["is_image"], "image", "other"))
    table["image"] = [owners.get(file, file) for file in table["file"]]
    return table[["file", "class", "kind", "image", "problem"]]


def without_images(folder: Path, classes: Iterable[str]) -> str:
    """Return a sentence about folders that are no class because they have no images, or ''.

    Args:
        folder: data folder.
        classes: names of the classes that have images.
    """
    empty = sorted({utf8_name(path.name) for path in _class_folders(folder)} - set(classes))
    if not empty:
        return ""
    subject = "The folder" if len(empty) == 1 else "The folders"
    verb = "has no images and is no class" if len(empty) == 1 else "have no images and are no classes"
    return f"{subject} {', '.join(empty)} {verb}."


def utf8_name(name: str) -> str:
    """Return a file name as valid UTF-8, with escapes in the place of other bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _class_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")


def _entries(child: Path, root: Path) -> Iterator[tuple[Path, bool, str]]:
    """Yield each entry of a class folder: its path, whether it has an image extension, and its problem."""
    if child.is_symlink():
        yield child, False, LINKED_FOLDER
        return
    errors: list[OSError] = []
    for directory, folders, names in sorted(os.walk(child, onerror=errors.append)):
        here = Path(directory)
        if any(part.startswith(".") for part in here.relative_to(child).parts):
            continue
        for name in sorted(name for name in names if not name.startswith(".")):
            path = here / name
            # Unlike resolve, realpath does not raise on links that form a circle.
            leaves = path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)
            yield path, name.lower().endswith(EXTENSIONS), OUTSIDE_LINK if leaves else ""
        for name in sorted(name for name in folders if (here / name).is_symlink()):
            yield here / name, False, LINKED_FOLDER
    for error in errors:
        yield Path(error.filename), False, UNREADABLE_FOLDER
