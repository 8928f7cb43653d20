"""The images that whoever runs the app has beside it: the folder that the setting DATA_DIR names.

They are found by what they show, the SHA-256 of their pixels, whatever their names.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.index import pixel_hash, read_image
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


def folder(setting: str | None) -> Path | None:
    """Return the folder that the setting names, or None where it is not set.

    Args:
        setting: ``~`` stands for the home folder; whether there is such a folder is not looked at.
    """
    text = (setting or "").strip()
    return Path(text).expanduser().absolute() if text else None


def stamp(folder: Path) -> tuple[int, ...]:
    """Tell one state of a data folder from another: a file that comes, goes or is renamed changes it.

    Returns:
        The times of the last change of the folder and of its sub-folders, in nanoseconds; empty where
        there is no folder that can be read.
    """
    try:
        places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
        return tuple(path.stat().st_mtime_ns for path in places)
    except OSError:  # also where it may not be read, or is being moved at this moment
        return ()


def index(folder: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Path]:
    """Read every image under a folder once and return the files by ``core.data.index.pixel_hash``.

    Left out are files that cannot be read, names that begin with a dot, and links that leave the folder.
    Of several files with the same pixels the first by name is taken.

    Args:
        folder: searched with all its sub-folders; links to folders are not followed.
        progress: called with (files read, files).

    Raises:
        UserError: it is no folder.
    """
    if not folder.is_dir():
        # Visitors of the app read it, and the server's paths are not theirs.
        raise UserError("DATA_DIR names no folder that can be opened: set it to the folder of the data.")
    root = Path(os.path.realpath(folder))
    files = []
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [
            Path(directory, name)
            for name in sorted(names)
            if not name.startswith(".") and name.lower().endswith(EXTENSIONS)
        ]
        files += [path for path in paths if Path(os.path.realpath(path)).is_relative_to(root)]
    found: dict[str, Path] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (file, sha256) in enumerate(zip(files, pool.map(_hash, files), strict=True), start=1):
            if sha256 is not None:
                found.setdefault(sha256, file)
            if progress:
                progress(done, len(files))
    return found


def read(path: Path, sha256: str) -> NDArray[np.uint8] | None:
    """Return the pixels of a file, uint8 [H, W, 3], or None where it has changed or gone since ``index``."""
    try:
        pixels = read_image(path)
    except ImageError:
        return None
    return pixels if pixel_hash(pixels) == sha256 else None


def _hash(path: Path) -> str | None:
    try:
        return pixel_hash(read_image(path))
    except ImageError:
        return None
