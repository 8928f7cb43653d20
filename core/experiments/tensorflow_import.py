"""Import TensorFlow, without what its C++ code writes to the terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from core.files import expand_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.progress import Progress

_STDERR = 2


def import_tensorflow(progress: Progress) -> None:
    """Import what trains networks, so that later imports of it cost nothing.

    Args:
        progress: function that reports the step, which takes some seconds.
    """
    progress("Loading TensorFlow", 0, 1)
    with silent_libraries(), _home_folder():
        import core.training.fit  # noqa: F401, PLC0415
    progress("Loading TensorFlow", 1, 1)


@contextmanager
def _home_folder() -> Iterator[None]:
    """Give a user without a home folder one meanwhile: TensorFlow would make a folder named ~ here."""
    if expand_user("~").is_absolute():
        yield
        return
    before = os.environ.get("HOME")
    os.environ["HOME"] = tempfile.gettempdir()
    try:
        yield
    finally:
        del os.environ["HOME"]
        if before is not None:
            os.environ["HOME"] = before


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Discard what is written to file descriptor 2, while ``sys.stderr`` goes on where it went.

    TensorFlow logs some lines before its log level counts, and offers no setting against them.
    """
    before = sys.stderr
    before.flush()
    kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    try:
        if _is_standard_error(before):
            # Not closed here: the thread that draws the progress bars may be writing to it.
            sys.stderr = os.fdopen(
                os.dup(kept), "w", buffering=1, encoding=before.encoding, errors=before.errors
            )
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        sys.stderr = before
        os.close(nowhere)
        os.close(kept)


def _is_standard_error(file: TextIO) -> bool:
    try:
        return file.fileno() == _STDERR
    except OSError:  # a buffer in memory
        return False
