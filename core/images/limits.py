"""Limits on the time and memory that decoding an image file may take.

A hostile file may declare a huge image, consist of a million tiny chunks, or have a thousand progressive
scans. Each has a limit, which is checked before the work is done.
"""

from __future__ import annotations

import io
import struct

from PIL import Image

from core.errors import UserError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 20_000_000
MAX_SIDE = 16_384
# Pillow reads chunks, markers and strips one by one in Python: 19 MB of empty ones took over 7 s.
_MAX_READS = 100_000
# Each scan of a progressive JPEG is a pass over the whole image. Encoders write about ten.
_MAX_SCANS = 24
_START_OF_SCAN = b"\xff\xda"
# struct formats of a TIFF by its magic number: offset of the first directory; number of entries; one entry
# (tag, type, count).
_TIFF = {42: ("4xI", "H", "HHI4x"), 43: ("8xQ", "Q", "HHQ8x")}
_TEXT_OR_BYTES = (1, 2, 7)
_MAX_NUMBERS = 50_000


class ImageError(UserError):
    """A file that is not a usable image. The message is for the person who uploaded it.

    In this module and in core.images.dicom the message lacks its subject; ``decode`` adds the file's name.

    Attributes:
        reason: short category for the server's log, which must not contain the name of a visitor's file.
    """

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class BoundedReader(io.BytesIO):
    """A file in memory that limits the number of reads."""

    _reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes as from any file.

        Raises:
            ImageError: there were more than ``_MAX_READS`` reads.
        """
        self._reads_left -= 1
        if self._reads_left < 0:
            raise _unusual_structure()
        return super().read(size)


def check_size(width: int, height: int) -> None:
    """Check the size of an image.

    Args:
        width: width of the image, pixels.
        height: height of the image, pixels.

    Raises:
        Image.DecompressionBombError: it has more than ``MAX_PIXELS`` pixels; Pillow raises the same error for
            an image inside another file.
        ImageError: a side is longer than ``MAX_SIDE``.
    """
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"has a side of more than {MAX_SIDE:,} pixels; crop it first.", "too long")


def check_scans(data: bytes) -> None:
    """Check the number of scans of a JPEG stream.

    Raises:
        ImageError: there are more than ``_MAX_SCANS``.
    """
    if data.count(_START_OF_SCAN) > _MAX_SCANS:
        raise _unusual_structure()


def check_tiff(data: bytes) -> None:
    """Check the lists in the first directory of a TIFF, which Pillow would read whole.

    Raises:
        ImageError: a list has more than ``_MAX_NUMBERS`` numbers.
    """
    order = "<" if data.startswith(b"II") else ">"
    try:
        start_format, count_format, entry = (
            order + form for form in _TIFF[struct.unpack_from(f"{order}2xH", data)[0]]
        )
        (start,) = struct.unpack_from(start_format, data)
        (entries,) = struct.unpack_from(count_format, data, start)
        size, start = struct.calcsize(entry), start + struct.calcsize(count_format)
        directory = data[start : start + min(entries, _MAX_NUMBERS) * size]
        fields = list(struct.iter_unpack(entry, directory[: len(directory) // size * size]))
    except (KeyError, struct.error):
        return  # not a TIFF; Pillow will report it
    if any(kind not in _TEXT_OR_BYTES and count > _MAX_NUMBERS for _, kind, count in fields):
        raise _unusual_structure()


def _unusual_structure() -> ImageError:
    return ImageError("has an unusual internal structure; save it again as PNG.", "unusual structure")
