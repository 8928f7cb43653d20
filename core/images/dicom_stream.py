"""What the compressed stream of a frame says of itself: its kind, its size and its colours."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

Codec = Literal["JPEG", "JPEG-LS", "JPEG 2000", "RLE", ""]
_START, _END, _SCAN, _JFIF, _ADOBE, _JPEG_LS = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE, 0xF7
_SIZES = frozenset({*range(0xC0, 0xD0), _JPEG_LS}) - {0xC4, 0xC8, 0xCC}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8), _START})
_MAX_MARKERS = 1000
CODESTREAM = b"\xff\x4f\xff\x51"
_MAX_SEGMENTS = 15


class Jpeg(NamedTuple):
    """Head of a JPEG or JPEG-LS stream.

    Attributes:
        process: number of the start-of-frame marker; 0xF7 is JPEG-LS.
        precision: bits of a sample.
        width: width of the image, pixels.
        height: height of the image, pixels.
        components: identifier and sampling factors (horizontal, vertical) of each component.
        jfif: whether there is a JFIF marker.
        adobe: colour transform of Adobe's marker: 0 none, 1 YCbCr; None without the marker.
    """

    process: int
    precision: int
    width: int
    height: int
    components: tuple[tuple[int, int, int], ...]
    jfif: bool
    adobe: int | None

    @property
    def lossless(self) -> bool:
        """Whether the process is lossless, and not JPEG-LS."""
        return self.process in _LOSSLESS

    @property
    def subsampled(self) -> bool:
        """Whether components differ in their resolution."""
        return len({(across, down) for _, across, down in self.components}) > 1

    @property
    def ycbcr_to_libjpeg(self) -> bool:
        """Whether libjpeg-turbo takes three components for YCbCr (``default_decompress_parms``)."""
        if self.jfif or self.adobe is not None:
            return self.jfif or self.adobe != 0
        numbers = tuple(number for number, _, _ in self.components)
        return numbers != tuple(b"RGB") and not (self.lossless and numbers == (1, 2, 3))

    def is_ycbcr(self, header: str) -> bool:
        """Return whether three components are YCbCr, and not RGB.

        What the stream says wins. As in libjpeg (``default_decompress_parms``) these are, in this order, a
        JFIF marker, which stands for YCbCr, Adobe's marker, and the identifiers R, G, B. Before them comes
        that chroma is subsampled, which only YCbCr is. A stream that says nothing is what the header says,
        as in dcmtk (``EDC_photometricInterpretation``), and YCbCr if that says nothing either, as in libjpeg.
        In a lossless stream, to which encoders add JFIF markers to RGB, the header comes before JFIF.

        Args:
            header: photometric interpretation of the DICOM header; '' if missing.
        """
        if self.subsampled:
            return True
        said = {"RGB": False, "": not self.lossless}.get(header, True)
        if self.jfif:
            return said if self.lossless else True
        if self.adobe is not None:
            return self.adobe == 1
        if tuple(number for number, _, _ in self.components) in {tuple(b"RGB"), tuple(b"rgb")}:
            return False
        return said


def codec(frame: bytes) -> Codec:
    """Return how a frame is compressed; '' if that is not known."""
    if frame.startswith(b"\xff\xd8"):
        jpeg = read_jpeg(frame)
        return "JPEG-LS" if jpeg is not None and jpeg.process == _JPEG_LS else "JPEG"
    if frame.startswith((CODESTREAM, b"\0\0\0\x0cjP  ")):
        return "JPEG 2000"
    if len(frame) > 64:  # noqa: PLR2004 - the header of RLE: PS3.5, G.5
        segments, first = struct.unpack_from("<LL", frame)
        if 1 <= segments <= _MAX_SEGMENTS and first == 64:  # noqa: PLR2004
            return "RLE"
    return ""


def read_jpeg(frame: bytes) -> Jpeg | None:
    """Return the head of a JPEG or JPEG-LS stream; None if it is damaged."""
    position, jfif, adobe = 2, False, None
    for _ in range(_MAX_MARKERS):
        while frame[position : position + 2] == b"\xff\xff":  # fill bytes
            position += 1
        if frame[position : position + 1] != b"\xff" or len(frame) < position + 4:
            return None
        marker = frame[position + 1]
        if marker in _NO_LENGTH:
            position += 2
            continue
        if marker in {_SCAN, _END}:
            return None
        (length,) = struct.unpack_from(">H", frame, position + 2)
        segment = frame[position + 4 : position + 2 + length]
        if marker == _JFIF and segment.startswith(b"JFIF\0"):
            jfif = True
        elif marker == _ADOBE and segment.startswith(b"Adobe") and len(segment) >= 12:  # noqa: PLR2004
            adobe = segment[11]
        elif marker in _SIZES:
            return _frame_header(marker, segment, jfif=jfif, adobe=adobe)
        position += 2 + length
    return None


def _frame_header(marker: int, segment: bytes, *, jfif: bool, adobe: int | None) -> Jpeg | None:
    try:
        precision, height, width, count = struct.unpack_from(">BHHB", segment)
        components = tuple(
            (number, factors >> 4, factors & 15)
            for number, factors, _ in struct.iter_unpack("3B", segment[6 : 6 + 3 * count])
        )
    except struct.error:
        return None
    if not count or len(components) != count:
        return None
    return Jpeg(marker, precision, width, height, components, jfif, adobe)


def jpeg_2000_size(frame: bytes) -> tuple[int, int, int, int] | None:
    """Return width, height, number of components and bits of a JPEG 2000 stream; None if it is damaged."""
    start = frame.find(CODESTREAM)
    try:
        right, bottom, left, top = struct.unpack_from(">4L", frame, start + 8)
        (count,) = struct.unpack_from(">H", frame, start + 40)
        depth = frame[start + 42]
    except (struct.error, IndexError):
        return None
    return (right - left, bottom - top, count, (depth & 0x7F) + 1) if start >= 0 else None
