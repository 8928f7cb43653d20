"""Read image files of the user's own disk, a frame at a time."""

from __future__ import annotations

import io
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserError
from core.images.decode import decode_file, display_name, named
from core.images.formats import DICOM, HEAD_BYTES, identify
from core.images.limits import LOCAL, BoundedFile, ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.images.pixels import Decoded


def read_file(path: Path, frame: int = 0) -> Decoded:
    """Read an image file, or one frame of a DICOM file, with what decoding changed.

    Args:
        path: an image file of at most ``LOCAL.max_bytes``.
        frame: number of the frame, from 0.

    Raises:
        ImageError: the file cannot be read, or has no such frame.
    """
    with _opened(path) as (file, size):
        return decode_file(file, size, str(path), LOCAL, frame)


def count_frames(path: Path) -> int:
    """Return the number of frames of a DICOM file according to its header; 1 for every other file.

    Raises:
        ImageError: the file cannot be opened, or is a DICOM file that cannot be read.
    """
    with _opened(path) as (file, _):
        if identify(file.read(HEAD_BYTES)) != DICOM:
            return 1
        from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s

        file.seek(0)
        with named(str(path), LOCAL):
            return dicom.count_frames(file, LOCAL)


def frame_numbers(choice: str, count: int) -> list[int]:
    """Return the numbers of the chosen frames, from 0.

    Args:
        choice: "first", "middle", "all", or the number of a frame, from 1.
        count: number of frames of the file.

    Raises:
        UserError: the choice is none of these.
        ImageError: the file has fewer frames.
    """
    named_frames = {"first": [0], "middle": [(count - 1) // 2], "all": list(range(count))}
    check_frame_choice(choice)
    if choice in named_frames:
        return named_frames[choice]
    if int(choice) > count:
        frames = "1 frame" if count == 1 else f"{count} frames"
        raise ImageError(f"The file has {frames}, and no frame {int(choice)}.", "no such frame")
    return [int(choice) - 1]


def check_frame_choice(choice: str) -> None:
    """Check a choice of frames before any file is read; see ``frame_numbers``.

    Raises:
        UserError: the choice is none.
    """
    if not re.fullmatch(r"first|middle|all|0*[1-9][0-9]{0,8}", choice, re.ASCII):
        shown = display_name(choice[:40])
        raise UserError(f"{shown} is not a choice of frames; give first, middle, all, or a number from 1.")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BoundedFile, int]]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a named pipe would block
            raise ImageError(f"{display_name(str(path))} is not a regular file; remove it.")
        file = io.FileIO(path)
    except OSError as error:
        raise ImageError(f"{display_name(str(path))} cannot be opened: {error.strerror}.") from None
    with BoundedFile(file) as opened:
        yield opened, status.st_size
