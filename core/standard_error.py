"""Keep what libraries write to the terminal out of what the program itself writes."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDERR = 2


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Discard what is written to file descriptor 2, while ``sys.stderr`` goes on where it went.

    TensorFlow logs some lines before its log level counts, and Ray some of its own; neither has a setting
    against them.
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
