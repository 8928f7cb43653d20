"""List every file of a data folder, with what it is by its first bytes."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.data.litter import is_litter
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.formats import HEAD_BYTES, identify

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
    found = _entries(folder)
    columns: dict[str, list[str]] = {"file": [], "content": [], "format": [], "problem": []}
    # Keras sorts the folders by their whole path, in which a blank comes before a slash.
    for inside in sorted(found.names):
        for name in sorted(found.names[inside]):
            path = _joined(inside, name)
            file, problem = path.replace(os.sep, "/"), found.problems.get(path, "")
            if utf8_name(file) != file:
                problem = BAD_NAME  # comes before any other problem: tables cannot store the name
            content, form = ("", "") if problem else content_of(_joined(str(folder), path))
            for column, value in zip(
                columns.values(), (utf8_name(file), content, form, problem), strict=True
            ):
                column.append(value)
    folders = (utf8_name(inside.replace(os.sep, "/")) for inside in found.folders)
    return Listing(pd.DataFrame(columns, dtype="str"), tuple(sorted(folders)))


def content_of(path: str | Path) -> tuple[str, str]:
    """Return what a file holds, judged by its first bytes, and the name of its format.

    A file that cannot be opened or that is something else than its ending says counts as an image where the
    ending is one of an image: its owner takes it for one, so it must not be passed over.
    """
    found = identify(_head(path))
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122 - a Path takes as long as reading the file
    content = IMAGE if ending in EXTENSIONS and found.kind != VIDEO else found.kind
    return content, found.name


def utf8_name(name: str) -> str:
    """Return a file name as valid UTF-8, with escapes in the place of other bytes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _head(path: str | Path) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - reading a named pipe would block
            return b""
        with io.FileIO(path) as file:
            return file.read(HEAD_BYTES) or b""
    except OSError:
        return b""


class _Entries(NamedTuple):
    """Entries below a folder, as names: a million paths as objects would take a gigabyte.

    Attributes:
        names: folder, relative or empty → names of the files in it, and of entries that are listed as such.
        folders: relative paths of the folders without links.
        problems: relative path of an entry → its problem.
    """

    names: dict[str, list[str]]
    folders: list[str]
    problems: dict[str, str]


def _entries(folder: Path) -> _Entries:
    root = Path(os.path.realpath(folder))
    found = _Entries({}, [], {})
    errors: list[OSError] = []
    for directory, inner, files in os.walk(folder, onerror=errors.append):
        inside = _relative(directory, folder)
        inner[:] = [name for name in inner if not is_litter(name)]
        names = found.names[inside] = [name for name in files if not is_litter(name)]
        for name in names:
            path = _joined(directory, name)
            # Unlike resolve, realpath does not raise on links that form a circle.
            if _is_link(path) and not Path(os.path.realpath(path)).is_relative_to(root):
                found.problems[_joined(inside, name)] = OUTSIDE_LINK
        for name in inner:
            if _is_link(_joined(directory, name)):
                names.append(name)
                found.problems[_joined(inside, name)] = LINKED_FOLDER
            else:
                found.folders.append(_joined(inside, name))
    for error in errors:
        inside, name = os.path.split(_relative(error.filename, folder))
        found.names.setdefault(inside, []).append(name or ".")
        found.problems[_joined(inside, name or ".")] = UNREADABLE_FOLDER
    return found


def _relative(path: str, folder: Path) -> str:
    """Return a path below a folder as relative to it; '' for the folder itself."""
    relative = Path(path).relative_to(folder)
    return str(relative) if relative.parts else ""


def _joined(folder: str, name: str) -> str:
    return f"{folder}{os.sep}{name}" if folder else name


def _is_link(path: str) -> bool:
    return os.path.islink(path)  # noqa: PTH114 - a Path takes as long as reading the file
