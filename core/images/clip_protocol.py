"""The messages in which the process that decodes a clip hands over its frames."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from core.images.limits import check_size

if TYPE_CHECKING:
    import io

    from numpy.typing import NDArray

FRAME, PROBLEM, END = b"F", b"P", b"E"
# Kind; width, height and channels of the pixels that follow; bytes of the text between head and pixels; time.
_HEAD = struct.Struct("<cIIBHd")
_GREY, _RGB = 1, 3
_MAX_TEXT = 2000


class ProtocolError(Exception):
    """A message that the other side must not send, or the end of the stream within one."""


class Message(NamedTuple):
    """A message.

    Attributes:
        kind: ``FRAME``, ``PROBLEM`` or ``END``.
        text: lines: of a frame sentences on what decoding changed, of a problem its reason and its sentence.
        pixels: of a frame uint8 [H, W, 3], RGB; otherwise empty.
        seconds: of a frame its time from the start of the clip; None where it is not known.
    """

    kind: bytes
    text: str = ""
    pixels: NDArray[np.uint8] = np.empty((0, 0, _RGB), np.uint8)
    seconds: float | None = None


def write(stream: BinaryIO, message: Message) -> None:
    """Write a message; of a grey image, as most ultrasound is, one channel."""
    pixels = message.pixels
    height, width = pixels.shape[:2]
    grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())
    text = message.text.encode()[:_MAX_TEXT]
    seconds = math.nan if message.seconds is None else message.seconds
    head = _HEAD.pack(message.kind, width, height, _GREY if grey else _RGB, len(text), seconds)
    stream.write(head + text)
    stream.write(np.ascontiguousarray(pixels[..., 0] if grey else pixels).data)


def read(stream: io.BufferedIOBase) -> Message:
    """Read a message from a process that the file which it decodes may have taken over.

    Raises:
        ProtocolError: it is no message, or the stream ended.
        ImageError: the frame is larger than an image may be; its pixels have not been read.
    """
    kind, width, height, channels, length, seconds = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if kind not in {FRAME, PROBLEM, END} or channels not in {_GREY, _RGB} or length > _MAX_TEXT:
        raise ProtocolError
    text = _exactly(stream, length).decode("utf-8", "replace")
    if kind != FRAME:
        return Message(kind, text)
    if not width or not height:
        raise ProtocolError
    check_size(width, height)
    pixels = np.empty((height, width, channels), np.uint8)
    place = pixels.data.cast("B")
    while place:
        count = stream.readinto(place)
        if not count:
            raise ProtocolError
        place = place[count:]
    known = math.isfinite(seconds) and seconds >= 0
    return Message(kind, text, np.broadcast_to(pixels, (height, width, _RGB)), seconds if known else None)


def _exactly(stream: io.BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ProtocolError
    return data
