"""List every file of a data folder, with what it is by its first bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data.litter import is_litter
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.formats import HEAD_BYTES, identify

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for path, problem in sorted(_entries(folder, root, folders), key=lambda entry: os.path.split(entry[0])):
        file = path.relative_to(folder).as_posix()
        if utf8_name(file) != file:
            problem = BAD_NAME  # noqa: PLW2901 - comes before any other problem: tables cannot store the name
        content, form = ("", "") if problem else content_of(path)
        rows.append((utf8_name(file), content, form, problem))
    return Listing(
        pd.DataFrame(rows, columns=["file", "content", "format", "problem"]), tuple(sorted(folders))
    )


def content_of(path: Path) -> tuple[str, str]:
    """Return what a file holds, judged by its first bytes, and the name of its format.

    A file that cannot be opened or that is something else than its ending says counts as an image where the
    ending is one of an image: its owner takes it for one, so it must not be passed over.
    """
    found = identify(_head(path))
    content = IMAGE if path.suffix.lower() in EXTENSIONS and found.kind != VIDEO else found.kind
    return content, found.name


def utf8_name(name: str) -> str:
    """Return a file name as valid UTF-8, with escapes in the place of other bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a named pipe would block
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _entries(folder: Path, root: Path, folders: list[str]) -> Iterator[tuple[Path, str]]:
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
