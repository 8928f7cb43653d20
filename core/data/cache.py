"""The user's cache of data folders, each written completely or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.files import NO_SPACE, expand_user, staged_path, why

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "XDG_CACHE_HOME"


def find_cached(name: str) -> Path | None:
    """Return the cached folder with this name, or None.

    Raises:
        UserError: there is no place for a cache.
    """
    folder = _cache() / name
    return folder if _is_folder(folder) else None


def cached(name: str, write: Callable[[Path], None]) -> Path:
    """Return a folder of the user's cache, written first if it is not there yet.

    Args:
        name: name of the folder; it should change with the content.
        write: function that makes the folder at the path it is given.

    Raises:
        UserError: the cache may not be written to, or its disk is full.
    """
    cache = _cache()
    folder = cache / name
    if _is_folder(folder):
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(cache, error) from None
    try:
        with staged_path(folder, concurrent=True) as unfinished:
            write(unfinished)
    except OSError as error:
        if _is_folder(folder):  # another process was faster
            return folder
        # What is written may be read from elsewhere, whose errors name another file.
        if error.errno in NO_SPACE or Path(str(error.filename)).is_relative_to(cache):
            raise _not_writable(cache, error) from None
        raise
    return folder


def _cache() -> Path:
    base = os.environ.get(VARIABLE, "")
    folder = expand_user(base or "~/.cache")
    if not folder.is_absolute():  # it would lie in the current folder, wherever that is
        fault = f"{VARIABLE} is {base!r}" if base else "this user has no home folder for the cache"
        raise UserError(f"{fault}; set {VARIABLE} to a folder by its whole path.")
    return folder / "breast-ultrasound"


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a folder above may not be opened


def _not_writable(cache: Path, error: OSError) -> UserError:
    return UserError(
        f"the cache {cache} cannot be written ({why(error)}); set {VARIABLE} to a folder that you may write "
        "to, on a disk with free space."
    )
