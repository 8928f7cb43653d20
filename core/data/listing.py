"""What lies in a data folder, usable or not, by name alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.errors import UserError
from core.images.decode import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What `list_files` says of entries that cannot take part, and what a user can do about it.
PROBLEMS = {
    "link out of the folder": "is a link that leaves the folder; replace it by the file itself",
    "linked folder": "is a link to a folder; replace it by the folder itself",
    "folder cannot be opened": "cannot be opened; change its permissions or take it out of the folder",
    "name is not UTF-8": "has a name that is not UTF-8; rename it",
}
LINK, LINKED_FOLDER, CLOSED_FOLDER, BAD_NAME = PROBLEMS
_MASK = re.compile(r"(?P<image>.+)_mask(_\d+)?", re.DOTALL | re.IGNORECASE)


def list_files(folder: Path) -> pd.DataFrame:
    """List everything in the class folders of a data folder, usable or not, without opening a file.

    Names that begin with a dot are left out, links to folders are not followed.

    Returns:
        One row per file in the order in which Keras's ``flow_from_directory`` lists them, with the columns
        ``file`` (relative to the folder, with slashes), ``class``, ``kind`` (``mask`` for names that end in
        ``_mask`` or ``_mask_N``, ``image`` for other images, ``other`` for what is no image by its name),
        ``image`` (whose mask it is, or the file itself) and ``problem`` (a key of ``PROBLEMS``, or empty).

    Raises:
        UserError: the folder does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a folder that has one sub-folder per class.")
    rows = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."):
        for path, is_image, problem in _entries(child, folder.resolve()):
            file = path.relative_to(folder).as_posix()
            if printable(file) != file:
                problem = BAD_NAME  # noqa: PLW2901 - whatever else is wrong: tables cannot hold the name
            rows.append((printable(file), printable(child.name), is_image, problem))
    table = pd.DataFrame(rows, columns=["file", "class", "is_image", "problem"])
    owners = mask_owners(table.loc[table["is_image"].astype(bool), "file"])
    is_mask = table["file"].isin(owners)
    table["kind"] = np.where(is_mask, "mask", np.where(table["is_image"], "image", "other"))
    table["image"] = [owners.get(file, file) for file in table["file"]]
    return table[["file", "class", "kind", "image", "problem"]]


def names_a_mask(file: str) -> bool:
    """Tell whether a name is that of a mask; only the image it belongs to makes it one."""
    return _MASK.fullmatch(_stem(file)) is not None


def printable(name: str) -> str:
    """Return a name as it can be written to a file: bytes that are not UTF-8 become escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _entries(child: Path, root: Path) -> Iterator[tuple[Path, bool, str]]:
    """Yield what a class folder holds: the path, whether its name is an image's, and a problem."""
    if child.is_symlink():
        yield child, False, LINKED_FOLDER
        return
    closed: list[OSError] = []
    for directory, folders, names in sorted(os.walk(child, onerror=closed.append)):
        here = Path(directory)
        if any(part.startswith(".") for part in here.relative_to(child).parts):
            continue
        for name in sorted(name for name in names if not name.startswith(".")):
            path = here / name
            # realpath, unlike resolve, does not raise where links go round in a circle.
            leaves = path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)
            yield path, name.lower().endswith(EXTENSIONS), LINK if leaves else ""
        for name in sorted(name for name in folders if (here / name).is_symlink()):
            yield here / name, False, LINKED_FOLDER
    for error in closed:
        yield Path(error.filename), False, CLOSED_FOLDER


def mask_owners(files: Iterable[str]) -> dict[str, str]:
    """Return the image that each mask belongs to.

    A name alone makes no mask: the image it belongs to has to be there as well.
    """
    stems = {_stem(file): file for file in files}
    owners = {
        file: stems[match["image"]]
        for file in files
        if (match := _MASK.fullmatch(_stem(file))) and match["image"] in stems
    }
    for mask, owner in owners.items():
        image = owner
        while image in owners:  # the mask of a mask
            image = owners[image]
        owners[mask] = image
    return owners


def _stem(file: str) -> str:
    return os.path.splitext(file)[0]  # noqa: PTH122 - 'a.b/c' has another stem for Path
