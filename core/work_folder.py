"""The folder of a command's unfinished work, ``OUTPUT.partial``, which one command at a time may use."""

from __future__ import annotations

import errno
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core.errors import UserError
from core.files import check_output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from filelock import BaseFileLock

    from core.progress import Say

PARTIAL = ".partial"
PROBE = ".probe"
"""Beginning of the names of files by which the machines of a cluster see that they share the folder."""
_LONGEST_NAME = 80  # characters: a model's name has at most 100, and a fold's adds its number
# Some network file systems know no locks; their users may still train.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


def partial_folder(output: Path) -> Path:
    """Return the folder for the unfinished work of an output."""
    return output.with_name(f"{output.name}{PARTIAL}")


@contextmanager
def work_folder(output: Path, say: Say, *, resume: bool) -> Iterator[Path]:
    """Yield the folder for unfinished work, locked until the block ends or the process dies.

    The lock is on the file ``OUTPUT.partial.lock``, since the folder itself is renamed or removed.

    Args:
        output: file or folder that the command makes.
        say: function that shows the user a message.
        resume: whether to continue unfinished work.

    Raises:
        UserError: another command uses the folder, the output exists, or the folder does without
            ``resume``, or does not with it.
    """
    _check_output(output, resume=resume)
    folder = partial_folder(output)
    if resume and not folder.exists():
        raise UserError(f"nothing to resume: {folder} does not exist; leave out --resume.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the folder {output.parent} cannot be made: {error.strerror}; choose another --output."
        ) from None
    with locked(folder, say) as honoured:
        if not honoured:
            say(
                f"The file system of {folder.parent.absolute()} does not lock files: make sure that no other "
                f"command has the output {output.name}."
            )
        _check_output(output, resume=resume)  # another command may have finished just before
        if folder.exists() and not resume:
            raise UserError(f"{folder} holds unfinished work; add --resume to continue it, or remove it.")
        for left in folder.glob(f"{PROBE}*"):  # of a command that was killed; this one may need no cluster
            left.unlink(missing_ok=True)
        yield folder


def _check_output(output: Path, *, resume: bool) -> None:
    if output.exists() and resume:
        raise UserError(f"nothing to resume: {output} is finished.")
    if len(output.name) > _LONGEST_NAME:
        raise UserError(
            f"the name of {output} has more than {_LONGEST_NAME} characters; choose a shorter --output."
        )
    check_output(output)


@contextmanager
def locked(folder: Path, say: Say, *, patience: float = 0) -> Iterator[bool]:
    """Lock a folder until the block ends or the process dies, and yield whether its file system can.

    The lock is on the file of its name with ``.lock`` added.

    Args:
        folder: the folder, which need not exist; the one above it does.
        say: function that shows the user a message.
        patience: longest time to wait for another process that has locked it, in seconds.

    Raises:
        UserError: another process has locked it.
    """
    path = folder.with_name(f"{folder.name}.lock")
    lock = FileLock(path, blocking=False, fallback_to_soft=False)
    try:
        _acquire(lock, folder, say, patience)
    except Timeout:
        raise UserError(
            f"another command is working in {folder}; wait until it has ended, or choose another --output."
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise UserError(f"{path} cannot be locked: {error.strerror or error}.") from None
    try:
        yield lock.is_locked and _is_honoured(path)
    finally:
        # While it is locked, so that nobody's new file is removed; on Windows the release removes it.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _acquire(lock: BaseFileLock, folder: Path, say: Say, patience: float) -> None:
    try:
        lock.acquire()
    except Timeout:
        if not patience:
            raise
        say(f"Waiting for another process that works in {folder}.")
        lock.acquire(blocking=True, timeout=patience, poll_interval=0.2)


def _is_honoured(path: Path) -> bool:
    """Return whether a second lock on the locked file is refused, as it is not on some file systems."""
    second = FileLock(path, blocking=False, fallback_to_soft=False)
    try:
        second.acquire()
    except (Timeout, OSError):
        return True
    second.release()
    return False
