"""Atomic writes of files and folders, and JSON reports."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def staged_path(path: Path, *, concurrent: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside a file or folder and rename it to the final path on success.

    A killed process therefore leaves the previous file, or none, but never half of one. Of an array that is
    filled through a memory map, flush the map before the block ends.

    Args:
        path: final path of the file or folder. An existing file is replaced, a folder with content is not.
        concurrent: whether other processes may write to the same path at the same time.

    Raises:
        OSError: the final path is a folder with content, or the disk refuses the rename.
    """
    # A fixed name lets the next attempt overwrite what a killed process left behind.
    temporary = path.with_name(f"{path.name}.{os.getpid()}" if concurrent else f"new-{path.name}")
    _remove(temporary)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        _remove(temporary)


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file so that a killed process leaves the old version or the new one.

    Args:
        path: final path of the file.
        write: function that writes the file to the path it is given.
    """
    with staged_path(path) as temporary:
        write(temporary)


def write_report(path: Path, report: Any) -> None:
    """Write a report as indented JSON.

    Args:
        path: file to write, or a device such as /dev/stdout.
        report: anything that JSON can represent.
    """
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    if path.exists() and not path.is_file():  # a rename would put a file in the place of the device
        path.write_text(text, encoding="utf-8")
        return
    write_atomically(path.resolve(), lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
