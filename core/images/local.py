"""Read image files and clips of the user's own disk, a frame at a time."""

from __future__ import annotations

import io
import re
import stat
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from core.errors import UserError
from core.images.clip import ANIMATIONS, Clip, is_clip
from core.images.decode import decode_file, display_name, named
from core.images.formats import DICOM, HEAD_BYTES, VIDEOS, identify
from core.images.limits import CLIP, CLIP_FRAMES, LOCAL, BoundedFile, ImageError, check_bytes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.images.pixels import Decoded

CANNOT_OPEN = "cannot be opened"
"""Reason of the error on a file that is not there, or that may not be read."""
ALL = "all"
"""Choice of every frame of a clip."""


class LocalFrame(NamedTuple):
    """An image of a file.

    Attributes:
        number: number of the frame, from 0.
        alone: whether the file has no other.
        pixels: uint8 [H, W, 3], RGB.
        notes: sentences on what decoding changed.
    """

    number: int
    alone: bool
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


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


def read_frames(path: Path, choice: str = ALL) -> Generator[LocalFrame]:
    """Read the chosen frames of a clip, which is decoded once, or the only image of a file.

    A DICOM file that is larger than a clip may be is read from the disk, a frame at a time. Only to find the
    middle of another clip, its frames are decoded before to count them.

    Args:
        path: an image file or a clip.
        choice: frames; see ``frame_numbers``. A file of one image has no others to choose.

    Raises:
        UserError: the choice is none.
        ImageError: the file cannot be read, or has no such frame; what was read up to there has been
            returned.
    """
    check_frame_choice(choice)
    with _opened(path) as (file, size):
        with named(str(path), LOCAL):
            form = identify(file.read(HEAD_BYTES))
            file.seek(0)
        if form == DICOM:
            yield from _read_dicom(file, size, path, choice)
            return
        if form.name in (*VIDEOS, *ANIMATIONS):
            with named(str(path), CLIP):
                check_bytes(size, CLIP)
                data = file.read()
            if is_clip(data):
                yield from _read_clip(Clip.of(str(path), data), choice)
                return
            file.seek(0)
        yield LocalFrame(0, True, *decode_file(file, size, str(path), LOCAL))


def _read_dicom(file: BinaryIO, size: int, path: Path, choice: str) -> Iterator[LocalFrame]:
    from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s
    from core.images.dicom_header import read_header  # noqa: PLC0415

    with named(str(path), LOCAL):
        check_bytes(size, LOCAL)
        header = read_header(file, LOCAL)
        numbers = frame_numbers(choice, header.frames) if header.frames > 1 else [0]
    if size <= CLIP.max_bytes and 1 < header.frames <= CLIP_FRAMES:
        file.seek(0)
        chosen = ALL if len(numbers) > 1 else str(numbers[0] + 1)
        yield from _read_clip(Clip.of(str(path), file.read()), chosen)
        return
    for number in numbers:
        # Opened anew: the number of reads of one opened file is limited.
        with _opened(path) as (again, _), named(str(path), LOCAL):
            decoded = dicom.decode_frame(again, header, number)
        yield LocalFrame(number, header.frames == 1, *decoded)


def _read_clip(clip: Clip, choice: str) -> Iterator[LocalFrame]:
    """Decode frames of a clip, of which only decoding tells how many there are."""
    if choice == "middle":
        first = (_count(clip) - 1) // 2
    else:
        first = 0 if choice in {"first", ALL} else int(choice) - 1
    # That there are others, the frame before tells, or else the one behind.
    stop = None if choice == ALL else max(first + 1, 2)
    with closing(clip.frames(first, stop)) as decoded:
        frame = next(decoded, None)
        if frame is not None:
            following = next(decoded, None)
            yield LocalFrame(first, not first and following is None, frame.pixels, frame.notes)
            while choice == ALL and following is not None:
                first += 1
                frame, following = following, next(decoded, None)
                yield LocalFrame(first, False, frame.pixels, frame.notes)
            return
    with named(clip.name, CLIP):
        count = _count(clip)
        if count > 1:
            frame_numbers(choice, count)
    yield from _read_clip(clip, "first")


def _count(clip: Clip) -> int:
    return sum(1 for _ in clip.frames())


def frame_numbers(choice: str, count: int) -> list[int]:
    """Return the numbers of the chosen frames, from 0.

    Args:
        choice: "first", "middle", "all", or the number of a frame, from 1.
        count: number of frames of the file.

    Raises:
        UserError: the choice is none of these.
        ImageError: the file has fewer frames, or more than ``CLIP_FRAMES`` where all are chosen; the message
            lacks its subject, the name of the file.
    """
    named_frames = {"first": [0], "middle": [(count - 1) // 2], ALL: range(count)}
    check_frame_choice(choice)
    if choice == ALL and count > CLIP_FRAMES:
        raise ImageError(
            f"has {count:,} frames, more than {CLIP_FRAMES}; choose one with --frame.",
            "too many frames",
        )
    if choice in named_frames:
        return list(named_frames[choice])
    if int(choice) > count:
        frames = "1 frame" if count == 1 else f"{count} frames"
        raise ImageError(f"has {frames}, and no frame {int(choice)}.", "no such frame")
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
        raise ImageError(f"{display_name(str(path))} {CANNOT_OPEN}: {error.strerror}.", CANNOT_OPEN) from None
    with BoundedFile(file) as opened:
        yield opened, status.st_size
