"""Outputs that are never overwritten, atomic writes of files and folders, space on the disk, JSON reports."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

# The disk, the user's quota, or the largest file that is allowed, is full.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_SUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
_CHUNK = 2**20
_STREAMS = {"stdout": 1, "stderr": 2}
_OPEN_FILE = re.compile(r"/dev/(?:(stdout|stderr)|fd/(\d{1,9}))", re.ASCII)


def check_output(path: Path, option: str = "--output", *, device: bool = False) -> None:
    """Refuse an output that exists, or that could not be written, before the work for it begins.

    Args:
        path: file or folder to write later.
        option: option of the command line that names it.
        device: whether it may be a device or a pipe, such as /dev/stdout; a folder, and a file that has a
            folder beside it for unfinished work, cannot take a device's place.

    Raises:
        UserError: it exists, has no name, or the folder above it is a file or may not be written to.
    """
    if device and names_device(path):
        return
    if path.name in {"", ".."}:
        raise UserError(f"{path} names no new file or folder; choose another {option}.")
    if os.path.lexists(path):
        raise UserError(f"{path} exists already; choose another {option}, or remove it.")
    parents = path.absolute().parents
    above = next((folder for folder in parents if os.path.lexists(folder)), parents[-1])
    if not above.is_dir() or not os.access(above, os.W_OK):
        why = "may not be written to" if above.is_dir() else "is not a folder"
        raise UserError(f"{path} cannot be written, because {above} {why}; choose another {option}.")


def expand_user(path: str | Path) -> Path:
    """Return a path with ``~`` and ``~user`` replaced by the home folder, unchanged for an unknown user."""
    # Path.expanduser raises a RuntimeError for an unknown user.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def size_in_words(size: float) -> str:
    """Return a number of bytes in the unit in which it is at least 1, such as 730 kB or 1.5 GB."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if size >= 10**power:
            number = size / 10**power
            return f"{number:.{0 if number >= 10 else 1}f} {unit}"  # noqa: PLR2004
    return f"{size:.0f} bytes"


def why(error: OSError) -> str:
    """Return the reason of an error of the system in a few words.

    Libraries such as HDF5 and Arrow write pages into ``strerror``.
    """
    return os.strerror(error.errno) if error.errno else str(error)


def names_device(path: Path) -> bool:
    """Return whether a path is a device or a pipe, or stands for an open one, such as /dev/stdout."""
    return is_device(path) or _descriptor(path) is not None


def is_device(path: Path) -> bool:
    """Return whether a path is a device or a pipe, whose place no file may take."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _descriptor(path: Path) -> int | None:
    """Return the descriptor that a path such as /dev/stdout stands for, if it is open; else None."""
    name = _OPEN_FILE.fullmatch(str(path))
    if name is None:
        return None
    number = _STREAMS.get(name[1]) or int(name[2])
    try:
        os.fstat(number)
    except (OSError, OverflowError):
        return None
    return number


def allocate(path: Path, size: int) -> None:
    """Give a file its full size on the disk, so that filling it later cannot fail for want of space.

    A memory map of a sparse file ends the process where the disk is full. Content of the file stays.

    Args:
        path: file, which is created where there is none.
        size: size in bytes.

    Raises:
        OSError: the disk has no space for it; one of ``NO_SPACE``, with the path.
    """
    try:
        with path.open("r+b" if path.exists() else "w+b") as file:
            if hasattr(os, "posix_fallocate"):
                try:
                    os.posix_fallocate(file.fileno(), 0, size)
                except OSError as error:
                    if error.errno not in _NOT_SUPPORTED:
                        raise
                else:
                    return
            _write_through(file, size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _write_through(file: IO[bytes], size: int) -> None:
    """Write every byte of a file again, after it got its size, so that no block of it is only promised."""
    file.truncate(size)
    for start in range(0, size, _CHUNK):
        file.seek(start)
        chunk = file.read(_CHUNK)
        file.seek(start)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())


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
    # A fixed name lets the next attempt overwrite what a killed process left behind; no user's file has it.
    temporary = path.with_name(f"{path.name}.{os.getpid()}" if concurrent else f".new-{path.name}")
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


@contextmanager
def open_new(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write bytes, which appears by one rename when all are written, or a device.

    Args:
        path: file to write, or a device such as /dev/stdout; the folders above it are created.
    """
    if (descriptor := _descriptor(path)) is not None:
        # Where a shell has redirected it, it is a regular file, of which what it held and got before stays.
        sys.stdout.flush()
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            yield stream
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_device(path):
        with path.open("wb") as stream:
            yield stream
        return
    with staged_path(path.resolve()) as temporary, temporary.open("wb") as stream:
        yield stream


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 by one rename, line ends as they are, and create the folders above it.

    Args:
        path: file to write, or a device such as /dev/stdout.
        text: content of the file.
    """
    with open_new(path) as stream:
        stream.write(text.encode())


def write_report(path: Path, report: BaseModel) -> None:
    """Write a report as indented JSON, and create the folders above it.

    Args:
        path: file to write, or a device such as /dev/stdout.
        report: model of the report's content.
    """
    write_text(path, json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
