"""The user's cache of data folders, each written completely or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.files import staged_path

if TYPE_CHECKING:
    from collections.abc import Callable


def find_cached(name: str) -> Path | None:
    """Return the cached folder with this name, or None."""
    folder = _cache() / name
    return folder if folder.is_dir() else None


def cached(name: str, write: Callable[[Path], None]) -> Path:
    """Return a folder of the user's cache, written first if it is not there yet.

    Args:
        name: name of the folder; it should change with the content.
        write: function that makes the folder at the path it is given.
    """
    folder = _cache() / name
    if not folder.is_dir():
        try:
            with staged_path(folder, concurrent=True) as unfinished:
                write(unfinished)
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster
                raise
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "breast-ultrasound"
