"""List the files of a data folder by name, without opening them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data.litter import is_litter
from core.data.mask_names import mask_owners
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.formats import HEAD_BYTES, identify

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
IMAGE, VIDEO = "image", "video"


class Listing(NamedTuple):
    """The files and folders below a folder, without litter.

    Attributes:
        files: one row per file, folder by folder, in the order of Keras's ``flow_from_directory``: ``file``
            (path relative to the folder, with slashes), ``content`` (``image``, also for a file that only its
            ending calls one, else the ``kind`` of ``core.images.formats.Format``), ``format`` (its name) and
            ``problem`` (a key of ``PROBLEMS``, or empty).
        folders: all folders, relative and with slashes, without links.
    """

    files: pd.DataFrame
    folders: tuple[str, ...]


def walk(folder: Path) -> Listing:
    """List the files below a folder; links to folders are listed and not followed.

    Raises:
        UserError: the folder does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a folder of images.")
    root = Path(os.path.realpath(folder))
    rows: list[tuple[str, str, str, str]] = []
    folders: list[str] = []
    # Keras sorts the folders by their whole path, in which a blank comes before a slash.
    for path, problem in sorted(_walked(folder, root, folders), key=lambda entry: os.path.split(entry[0])):
        file = path.relative_to(folder).as_posix()
        if utf8_name(file) != file:
            problem = BAD_NAME  # noqa: PLW2901 - comes before any other problem: tables cannot store the name
        content, form = ("", "") if problem else content_of(path)
        rows.append((utf8_name(file), content, form, problem))
    return Listing(pd.DataFrame(rows, columns=["file", "content", "format", "problem"]), tuple(folders))


def content_of(path: Path) -> tuple[str, str]:
    """Return what a file holds, judged by its first bytes, and the name of its format.

    A file that cannot be opened or that is something else than its ending says counts as an image where the
    ending is one of an image: its owner takes it for one, so it must not be passed over.
    """
    found = identify(_head(path))
    content = IMAGE if path.suffix.lower() in EXTENSIONS and found.kind != VIDEO else found.kind
    return content, found.name


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


def _head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a named pipe would block
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _walked(folder: Path, root: Path, folders: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield each entry with its problem, and note the folders."""
    errors: list[OSError] = []
    for directory, inner, names in os.walk(folder, onerror=errors.append):
        here = Path(directory)
        inner[:] = [name for name in inner if not is_litter(name)]
        linked = [name for name in inner if (here / name).is_symlink()]
        folders += [
            utf8_name((here / name).relative_to(folder).as_posix()) for name in inner if name not in linked
        ]
        for name in (name for name in names if not is_litter(name)):
            path = here / name
            # Unlike resolve, realpath does not raise on links that form a circle.
            leaves = path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)
            yield path, OUTSIDE_LINK if leaves else ""
        for name in linked:
            yield here / name, LINKED_FOLDER
    for error in errors:
        yield Path(error.filename), UNREADABLE_FOLDER
