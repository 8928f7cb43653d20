"""The folder of images that the setting ``DATA_DIR`` names, indexed by the SHA-256 of their pixels."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from core.data.image_facts import pixel_hash, read_image
from core.data.listing import IMAGE, walk
from core.data.litter import is_litter
from core.errors import UserError
from core.files import expand_user
from core.images.limits import ImageError
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray


_REUSE = 20


class _State(NamedTuple):
    text: str
    until: float  # seconds of time.monotonic


_states: dict[Path, _State] = {}
_lock = Lock()


def folder(setting: str | None) -> Path | None:
    """Return the folder of the setting, which need not exist, or None where it is not set.

    Args:
        setting: path, with ``~`` for the home folder.
    """
    text = (setting or "").strip()
    return expand_user(text).absolute() if text else None


def state(folder: Path) -> str:
    """Return ``read_state``, which is read again after 20 times as long as reading it took.

    So a folder of 100,000 files, asked for with every click, takes a twentieth of a processor at most.
    """
    with _lock:
        known = _states.get(folder)
        if known is None or time.monotonic() > known.until:
            began = time.monotonic()
            text = read_state(folder)
            ended = time.monotonic()
            known = _states[folder] = _State(text, ended + _REUSE * (ended - began))
        return known.text


def read_state(folder: Path) -> str:
    """Return a text that changes when a file in a folder or below comes, goes, is renamed, or is replaced.

    Litter does not count, and links to folders are not followed.

    Returns:
        Hash of names, sizes and modification times; empty where the folder cannot be read.
    """
    digest = blake2b(digest_size=16)
    try:
        for entry in _entries(folder):
            status = entry.stat()
            digest.update(os.fsencode(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\0"))
    except OSError:  # missing, not readable, or being moved
        return ""
    return digest.hexdigest()


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listed:
            entries = sorted(
                (entry for entry in listed if not is_litter(entry.name)), key=lambda entry: entry.name
            )
    except PermissionError:  # of one folder, while others may change
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))
        elif entry.is_file():  # not a link to nothing
            yield entry


def index(folder: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, Path]:
    """Return the image files under a folder by ``core.data.image_facts.pixel_hash``.

    Images are recognised by content, whatever their names. Unreadable files, litter and links that leave the
    folder are skipped. Of several files with the same pixels, the first by name is returned.

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
    listed = walk(root).files
    files = [root / file for file in listed.loc[listed["content"] == IMAGE, "file"]]
    found: dict[str, Path] = {}
    with ThreadPoolExecutor(usable_cores()) as pool:
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
