"""Files that appear whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place and move it there, so that a kill leaves the old one or the new one.

    Args:
        path: of the file.
        write: writes it to the path that it is given.
    """
    beside = path.with_name(f"new-{path.name}")
    write(beside)
    beside.replace(path)
