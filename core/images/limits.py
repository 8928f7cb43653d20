"""What an image file may cost.

A file may be made to hurt: it may claim a huge image, fall into a million pieces each of which costs a
little, or let itself be refined a thousand times. There is a bound on each, checked before the work is done.
"""

from __future__ import annotations

import io
import struct

from PIL import Image

from core.errors import UserError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 20_000_000
MAX_SIDE = 16_384
# Chunks, markers and strips are read one by one in Python: 19 MB of empty ones took 7 s and more.
_MAX_READS = 100_000
# A progressive JPEG goes over the whole image once for each scan. Encoders make about ten.
_MAX_SCANS = 24
_START_OF_SCAN = b"\xff\xda"
# A TIFF by its magic number: where its first directory is; how many entries; an entry: tag, type, count.
_TIFF = {42: ("4xI", "H", "HHI4x"), 43: ("8xQ", "Q", "HHQ8x")}
_TEXT_OR_BYTES = (1, 2, 7)
_MAX_NUMBERS = 50_000


class ImageError(UserError):
    """Bytes that are no usable image. The message is for the person who uploaded them.

    Within this module and core.images.dicom it lacks its subject, which is the file's name.

    Attributes:
        reason: one of a few words, for the server's log, which must not name a visitor's file.
    """

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class Pieces(io.BytesIO):
    """A file that refuses to be read in too many pieces."""

    _left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """Read like any file.

        Raises:
            ImageError: for the hundred-thousandth time or so.
        """
        self._left -= 1
        if self._left < 0:
            raise _in_pieces()
        return super().read(size)


def check_size(width: int, height: int) -> None:
    """Refuse an image for its size in pixels.

    Raises:
        Image.DecompressionBombError: it has more than ``MAX_PIXELS``, as Pillow says it of an image within.
        ImageError: a side is longer than ``MAX_SIDE``.
    """
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"has a side of more than {MAX_SIDE:,} pixels; crop it first.", "too long")


def check_scans(data: bytes) -> None:
    """Refuse a JPEG stream that would be gone over too often.

    Raises:
        ImageError: it has more than ``_MAX_SCANS`` scans.
    """
    if data.count(_START_OF_SCAN) > _MAX_SCANS:
        raise _in_pieces()


def check_tiff(data: bytes) -> None:
    """Refuse a TIFF with lists of a million strips in its first directory: Pillow would read them at once.

    Raises:
        ImageError: a list is too long.
    """
    order = "<" if data.startswith(b"II") else ">"
    try:
        where, count, entry = (order + form for form in _TIFF[struct.unpack_from(f"{order}2xH", data)[0]])
        (start,) = struct.unpack_from(where, data)
        (entries,) = struct.unpack_from(count, data, start)
        size, start = struct.calcsize(entry), start + struct.calcsize(count)
        directory = data[start : start + min(entries, _MAX_NUMBERS) * size]
        fields = list(struct.iter_unpack(entry, directory[: len(directory) // size * size]))
    except (KeyError, struct.error):
        return  # no TIFF, as Pillow will find as well
    if any(kind not in _TEXT_OR_BYTES and numbers > _MAX_NUMBERS for _, kind, numbers in fields):
        raise _in_pieces()


def _in_pieces() -> ImageError:
    return ImageError("is put together in an unusual way; save it anew as PNG.", "pieces")
