"""Import TensorFlow, without what its C++ code writes to the terminal."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.files import expand_user
from core.progress import one_step
from core.standard_error import silent_libraries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.progress import Progress


def import_tensorflow(progress: Progress) -> None:
    """Import what trains networks, so that later imports of it cost nothing.

    Args:
        progress: function that reports the step, which takes some seconds.
    """
    with one_step(progress, "Loading TensorFlow"), silent_libraries(), _home_folder():
        import core.training.fit  # noqa: F401, PLC0415


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
