"""Read the header of a DICOM file, also where its preamble, meta header or transfer syntax is missing.

Only the tags that describe how pixels are stored and shown are read, never names or dates.
"""

from __future__ import annotations

import functools
import logging
import struct
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pydicom import config, uid
from pydicom.datadict import tag_for_keyword
from pydicom.filereader import read_dataset

from core.images.limits import ImageError, Limits, check_size

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.tag import BaseTag

_PALETTES = ("Red", "Green", "Blue")
_TAGS: list[Any] = [
    "SequenceOfUltrasoundRegions",
    "RegionSpatialFormat",
    "RegionDataType",
    "RegionLocationMinX0",
    "RegionLocationMinY0",
    "RegionLocationMaxX1",
    "RegionLocationMaxY1",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "FrameTime",
    "FrameTimeVector",
    "CineRate",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    *(f"{colour}PaletteColorLookupTable{part}" for colour in _PALETTES for part in ("Descriptor", "Data")),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in _PALETTES),
]
_NUMBERS = [tag for tag in map(tag_for_keyword, _TAGS) if tag is not None]
_META, _PIXEL_DATA = 0x0002, 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_MAX_FRAMES = 1_000_000
_VR_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Header(NamedTuple):
    """Header of a DICOM file with an image.

    Attributes:
        elements: elements that describe the pixels.
        syntax: transfer syntax; Explicit or Implicit VR also where only the encoding is known.
        known: whether the file itself names the syntax.
        start: position of the pixel data in the file.
        length: number of bytes of the pixel data; None where frames are encapsulated.
        pixel_vr: value representation of the pixel data, such as OW.
        frames: number of frames.
        notes: sentences on what is missing.
    """

    elements: Dataset
    syntax: uid.UID
    known: bool
    start: int
    length: int | None
    pixel_vr: str
    frames: int
    notes: tuple[str, ...]


def read_header(file: BinaryIO, limits: Limits) -> Header:
    """Read the header of a file up to its pixel data.

    Args:
        file: the file, read from its start.
        limits: limits on the size of an image.

    Raises:
        ImageError: the file has no image, or too large a one.
        Exception: any, from pydicom on a damaged file.
    """
    _silence_pydicom()
    file.seek(0)
    head = file.read(132)
    complete = head[128:] == b"DICM"
    file.seek(132 if complete else 4 if head.startswith(b"DICM") else 0)
    named = _read_meta_header(file)
    syntax = named or _guess_syntax(file)
    if syntax == uid.DeflatedExplicitVRLittleEndian:  # inflating has no limit
        raise unreadable("Deflated Explicit VR Little Endian", "convert it with `dcmconv +te IN OUT`")
    elements = read_dataset(
        file, syntax.is_implicit_VR, syntax.is_little_endian, stop_when=_at_pixels, specific_tags=_NUMBERS
    )
    pixel_vr, length = _read_pixel_element(file, syntax)
    rows, columns = elements.get("Rows"), elements.get("Columns")
    if length == 0 or not rows or not columns:
        raise ImageError("is a DICOM file without an image; choose another file.", "no image")
    check_size(int(columns), int(rows), limits)
    missing = [
        *([] if complete else ["preamble"]),
        *([] if named else ["transfer syntax"]),
    ]
    note = (
        f"The DICOM file has no {' and no '.join(missing)}; how it is stored was recognised by its content."
    )
    return Header(
        elements,
        syntax,
        named is not None,
        file.tell(),
        None if length == _UNDEFINED else length,
        pixel_vr,
        _number_of_frames(elements),
        (note,) if missing else (),
    )


def unreadable(how: str, advice: str = "export it uncompressed, or as PNG") -> ImageError:
    """Return the error for pixels that are stored in a way that is not supported."""
    return ImageError(f"is a DICOM file with an unsupported pixel format ({how}); {advice}.", "DICOM storage")


@functools.cache
def _silence_pydicom() -> None:
    """Keep header values out of the server's log: pydicom would log and warn about them."""
    logging.getLogger("pydicom").handlers = [logging.NullHandler()]
    logging.getLogger("pydicom").propagate = False
    config.settings.reading_validation_mode = config.IGNORE
    warnings.filterwarnings("ignore", module=r"pydicom\.|core\.images\.dicom")


def _read_meta_header(file: BinaryIO) -> uid.UID | None:
    """Read the meta header, if there is one; return the transfer syntax, None if none is named.

    It is Explicit VR Little Endian: PS3.10, 7.1.
    """
    start = file.tell()
    if file.read(2) != b"\x02\x00":
        file.seek(start)
        return None
    file.seek(start)
    meta = read_dataset(file, False, True, stop_when=_after_meta)
    named = str(meta.get("TransferSyntaxUID") or "").strip("\0 ")
    syntax = uid.UID(named)
    return syntax if syntax.is_transfer_syntax else uid.UID(named) if named.startswith("1.") else None


def _guess_syntax(file: BinaryIO) -> uid.UID:
    """Return the syntax by which the next element can be read; its group is below 1024."""
    start = file.tell()
    element = file.read(6)
    file.seek(start)
    (group,) = struct.unpack_from("<H", element)
    if not _VR_LETTERS.issuperset(element[4:6]):
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if group < 2**10 else uid.ExplicitVRBigEndian


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != _META


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag >= _PIXEL_DATA


def _read_pixel_element(file: BinaryIO, syntax: uid.UID) -> tuple[str, int]:
    """Read the head of the pixel data; return its VR and length, 0 if there is none."""
    order = "<" if syntax.is_little_endian else ">"
    head = file.read(8)
    if len(head) < 8 or struct.unpack_from(f"{order}HH", head) != (0x7FE0, 0x0010):  # noqa: PLR2004
        return "", 0
    vr = head[4:6]
    if vr in {b"OB", b"OW"}:
        (length,) = struct.unpack(f"{order}L", file.read(4))
        return vr.decode(), length
    return "OW", struct.unpack_from(f"{order}L", head, 4)[0]


def _number_of_frames(elements: Dataset) -> int:
    try:
        return min(max(int(elements.get("NumberOfFrames") or 1), 1), _MAX_FRAMES)
    except (TypeError, ValueError, OverflowError):
        return 1
