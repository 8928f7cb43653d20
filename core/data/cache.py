"""The user's cache of data folders: each is made once, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def find(name: str) -> Path | None:
    """Return the folder of this name, if it was made before."""
    folder = _cache() / name
    return folder if folder.is_dir() else None


def cached(name: str, write: Callable[[Path], None]) -> Path:
    """Return a folder of the user's cache, filled by ``write`` if it is not there yet."""
    cache = _cache()
    folder = cache / name
    if not folder.is_dir():
        unfinished = cache / f"{name}.{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)  # of a process with this number, killed long ago
        try:
            write(unfinished)
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "breast-ultrasound"
