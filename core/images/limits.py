"""Limits on the time and memory that decoding an image file may take.

A hostile file may declare a huge image, consist of a million tiny chunks, or have a thousand progressive
scans. Each has a limit, which is checked before the work is done.
"""

from __future__ import annotations

import io
import struct
from math import ceil
from typing import BinaryIO, NamedTuple

from core.errors import UserError
from core.files import why

NOT_READ = "not read"
"""Reason of the error on a file whose bytes the disk or the network does not give."""
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 20_000_000
MAX_SIDE = 16_384
CLIP_BYTES = 100 * 2**20
CLIP_FRAMES = 600
CLIP_SECONDS = 20  # of processor time
CLIP_PIXELS = 500_000_000  # in all frames: 600 of 1024 × 768 are 472 million
# Each scan of a progressive JPEG is a pass over the whole image. Encoders write about ten.
_MAX_SCANS = 24
_START_OF_SCAN = b"\xff\xda"
_BLOCK = 2**20
# struct formats of a TIFF by its magic number: offset of the first directory; number of entries; one entry
# (tag, type, count).
_TIFF = {42: ("4xI", "H", "HHI4x"), 43: ("8xQ", "Q", "HHQ8x")}
_TEXT_OR_BYTES = (1, 2, 7)
_MAX_NUMBERS = 50_000


class ImageError(UserError):
    """A file that is not a usable image. The message is for the person who uploaded it.

    In the modules that decode the message lacks its subject; ``decode`` adds the file's name.

    Attributes:
        reason: short category for the server's log, which must not contain the name of a visitor's file.
    """

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class Limits(NamedTuple):
    """Limits on a file and on the image, or frame, that is read from it.

    Attributes:
        max_bytes: size of the file, bytes.
        max_pixels: pixels of the image.
        max_side: width and height of the image, pixels.
        max_reads: reads of the file. Pillow reads chunks, markers and strips one by one in Python: 19 MB of
            empty ones took over 7 s.
        demand: words before a limit in a message.
    """

    max_bytes: int
    max_pixels: int
    max_side: int
    max_reads: int
    demand: str


UPLOAD = Limits(MAX_BYTES, MAX_PIXELS, MAX_SIDE, 100_000, "send at most")
"""Limits on what strangers send."""

LOCAL = Limits(2 * 2**30, 200_000_000, 65_535, 1_000_000, "reduce it to at most")
"""Limits on files of the user's own disk."""

CLIP = Limits(CLIP_BYTES, MAX_PIXELS, MAX_SIDE, 1_000_000, "a clip may have at most")
"""Limits on a clip and on each of its frames, wherever it comes from."""


class BoundedReader(io.BytesIO):
    """A file in memory that limits the number of reads."""

    def __init__(self, data: bytes, limits: Limits = UPLOAD) -> None:
        super().__init__(data)
        self._reads_left = limits.max_reads

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes as from any file.

        Raises:
            ImageError: there were more than ``max_reads`` reads.
        """
        self._reads_left = _one_less(self._reads_left)
        return super().read(size)


class BoundedFile(io.BufferedReader):
    """A file on the disk that limits the number of reads, and is read as far as it is needed."""

    def __init__(self, file: io.FileIO, limits: Limits = LOCAL) -> None:
        super().__init__(file, _BLOCK)
        self._reads_left = limits.max_reads

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes as from any file.

        Raises:
            ImageError: there were more than ``max_reads`` reads, or the disk does not give the bytes.
        """
        self._reads_left = _one_less(self._reads_left)
        try:
            return super().read(size)
        except OSError as error:
            what = f"cannot be read: {why(error)}; check the disk or the network that it is on."
            raise ImageError(what, NOT_READ) from None


def _one_less(reads_left: int) -> int:
    if reads_left <= 0:
        raise _unusual_structure()
    return reads_left - 1


def check_bytes(size: int, limits: Limits) -> None:
    """Check the size of a file, bytes.

    Raises:
        ImageError: it is empty, or larger than ``max_bytes``.
    """
    if size == 0:
        raise ImageError("is empty; choose another file.", "empty")
    if size > limits.max_bytes:
        what = f"has {ceil(size / 2**20)} MB; {limits.demand} {limits.max_bytes // 2**20} MB."
        raise ImageError(what, "too many bytes")


def check_size(width: int, height: int, limits: Limits = UPLOAD) -> None:
    """Check the size of an image.

    Args:
        width: width of the image, pixels.
        height: height of the image, pixels.
        limits: limits for the file.

    Raises:
        ImageError: it has more pixels than ``max_pixels``, or a side is longer than ``max_side``.
    """
    if width * height > limits.max_pixels:
        raise too_many_pixels(limits)
    if max(width, height) > limits.max_side:
        raise ImageError(f"has a side of more than {limits.max_side:,} pixels; crop it first.", "too long")


def too_many_pixels(limits: Limits) -> ImageError:
    """Return the error for an image of more pixels than ``max_pixels``."""
    what = f"has too many pixels; {limits.demand} {limits.max_pixels // 10**6} million."
    return ImageError(what, "too many pixels")


def too_many_frames() -> ImageError:
    """Return the error for a clip of more frames than ``CLIP_FRAMES``."""
    return ImageError(
        f"has more than {CLIP_FRAMES} frames; cut it to at most {CLIP_FRAMES}.", "too many frames"
    )


def too_many_files(count: int) -> ImageError:
    """Return the error for a clip of more frames than ``CLIP_FRAMES`` in files of their own."""
    return ImageError(
        f"has {count:,} frames, more than {CLIP_FRAMES}; keep one file in {ceil(count / CLIP_FRAMES)}.",
        "too many frames",
    )


def too_many_clip_pixels() -> ImageError:
    """Return the error for a clip of more pixels in all frames than ``CLIP_PIXELS``."""
    return ImageError(
        f"has more than {CLIP_PIXELS // 10**6} million pixels in its frames; save it at a smaller size.",
        "too many pixels",
    )


def different_sizes() -> ImageError:
    """Return the error for a clip whose frames differ in their size."""
    return ImageError("has frames of different sizes; save it again with one size.", "different sizes")


def check_scans(file: BinaryIO) -> None:
    """Check the number of scans of a JPEG stream, read from the start.

    Raises:
        ImageError: there are more than ``_MAX_SCANS``.
    """
    file.seek(0)
    scans, last = 0, b""
    while block := file.read(_BLOCK):
        # A marker may lie across two blocks.
        scans += (last + block).count(_START_OF_SCAN)
        last = block[-1:]
        if scans > _MAX_SCANS:
            raise _unusual_structure()
    file.seek(0)


def check_tiff(file: BinaryIO) -> None:
    """Check the lists in the first directory of a TIFF, which Pillow would read whole.

    Raises:
        ImageError: a list has more than ``_MAX_NUMBERS`` numbers.
    """
    file.seek(0)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    try:
        start_format, count_format, entry = (
            order + form for form in _TIFF[struct.unpack_from(f"{order}2xH", head)[0]]
        )
        (start,) = struct.unpack_from(start_format, head)
        file.seek(start)
        (entries,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
        size = struct.calcsize(entry)
        directory = file.read(min(entries, _MAX_NUMBERS) * size)
        fields = list(struct.iter_unpack(entry, directory[: len(directory) // size * size]))
    except (KeyError, struct.error, OSError, OverflowError):
        return  # not a TIFF; Pillow will report it
    finally:
        file.seek(0)
    if any(kind not in _TEXT_OR_BYTES and count > _MAX_NUMBERS for _, kind, count in fields):
        raise _unusual_structure()


def _unusual_structure() -> ImageError:
    return ImageError("has an unusual internal structure; save it again as PNG.", "unusual structure")
