"""The folder of images that the setting ``DATA_DIR`` names, indexed by the SHA-256 of their pixels."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.index import pixel_hash, read_image
from core.errors import UserError
from core.files import expand_user
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


def folder(setting: str | None) -> Path | None:
    """Return the folder of the setting, which need not exist, or None where it is not set.

    Args:
        setting: path, with ``~`` for the home folder.
    """
    text = (setting or "").strip()
    return expand_user(text).absolute() if text else None


def modification_times(folder: Path) -> tuple[int, ...]:
    """Return the modification times of a folder and its sub-folders, to notice added and removed files.

    Returns:
        Times in nanoseconds; empty where the folder cannot be read.
    """
    try:
        places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
        return tuple(path.stat().st_mtime_ns for path in places)
    except OSError:  # missing, not readable, or being moved
        return ()


def index(folder: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Path]:
    """Return the image files under a folder by ``core.data.index.pixel_hash``.

    Unreadable files, hidden files and links that leave the folder are skipped. Of several files with the same
    pixels, the first by name is returned.

    Args:
        folder: folder to search with its sub-folders, without following links to folders.
        progress: function of (files read, files in all).

    Raises:
        UserError: the folder does not exist.
    """
    if not folder.is_dir():
        # Visitors of the app read it and must not see the server's paths.
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
    """Return the pixels of a file, uint8 [H, W, 3], or None where it has changed since ``index``."""
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
