"""Read image files of the user's own disk, a frame at a time."""

from __future__ import annotations

import io
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from core.errors import UserError
from core.images.clip import ANIMATIONS, VIDEOS, Clip, is_clip
from core.images.decode import decode_file, display_name, named
from core.images.formats import DICOM, HEAD_BYTES, identify
from core.images.limits import CLIP, CLIP_FRAMES, LOCAL, BoundedFile, ImageError, check_bytes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
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


def read_clip(path: Path) -> Clip | None:
    """Read a clip; None for an image, and for DICOM larger than a clip may be, which is read from the disk.

    Raises:
        ImageError: the file cannot be opened, or is such a file larger than ``CLIP.max_bytes``.
    """
    with _opened(path) as (file, size):
        form = identify(file.read(HEAD_BYTES))
        if form == DICOM:
            if size > CLIP.max_bytes or not 1 < _dicom_frames(file, path) <= CLIP_FRAMES:
                return None
        elif form.name not in (*VIDEOS, *ANIMATIONS):
            return None
        with named(str(path), CLIP):
            check_bytes(size, CLIP)
        file.seek(0)
        data = file.read()
    return Clip.of(str(path), data) if is_clip(data) else None


def count_frames(path: Path) -> int:
    """Return the number of frames: of a clip by decoding it, of larger DICOM by its header; 1 for an image.

    Raises:
        ImageError: the file cannot be opened, or is a clip or DICOM file that cannot be read.
    """
    clip = read_clip(path)
    if clip is not None:
        return sum(1 for _ in clip.frames())
    with _opened(path) as (file, _):
        if identify(file.read(HEAD_BYTES)) != DICOM:
            return 1
        return _dicom_frames(file, path)


def _dicom_frames(file: BinaryIO, path: Path) -> int:
    from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s

    file.seek(0)
    with named(str(path), LOCAL):
        return dicom.count_frames(file, LOCAL)


class FrameReader:
    """Reads frames of files; those of a clip that follow one another are decoded in one go."""

    def __init__(self) -> None:
        """Begin without a clip."""
        self._path: Path | None = None
        self._next = 0
        self._frames: Generator[Decoded] | None = None

    def read(self, path: Path, frame: int) -> Decoded:
        """Read a frame, or an image as frame 0.

        Raises:
            ImageError: as for ``read_file``.
        """
        if self._frames is None or (path, frame) != (self._path, self._next):
            self.close()
            clip = read_clip(path)
            if clip is None:
                return read_file(path, frame)
            self._path, self._next, self._frames = path, frame, clip.frames(frame)
        self._next += 1
        for decoded in self._frames:
            return decoded
        raise ImageError(f"{display_name(str(path))} has no frame {frame + 1}.", "no such frame")

    def close(self) -> None:
        """Stop decoding the clip that was read last."""
        if self._frames is not None:
            self._frames.close()
            self._frames = None


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
    named_frames = {"first": [0], "middle": [(count - 1) // 2], "all": range(count)}
    check_frame_choice(choice)
    if choice == "all" and count > CLIP_FRAMES:
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
        raise ImageError(f"{display_name(str(path))} cannot be opened: {error.strerror}.") from None
    with BoundedFile(file) as opened:
        yield opened, status.st_size
