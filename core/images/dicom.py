"""Decode the pixels of a DICOM file.

Of the header only the tags that describe how pixels are stored are read, never names or dates. Compressed
pixels are decoded by pydicom (RLE) and Pillow (JPEG, JPEG 2000). Other transfer syntaxes would need
pylibjpeg-libjpeg, whose licence (GPL) does not fit, or GDCM, a large C++ library that untrusted files would
reach.
"""

from __future__ import annotations

import functools
import logging
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from PIL import Image
from pydicom import config, uid
from pydicom.encaps import get_frame
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut

from core.images.limits import BoundedReader, ImageError, check_scans, check_size
from core.images.pixels import Decoded, to_grey_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAGS: list[Any] = [
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "PixelData",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
]
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_PALETTE = "PALETTE COLOR"
_BITS = (8, 16)
# Of a window of W values around C, LINEAR shows C - 0.5 ± (W - 1) / 2, LINEAR_EXACT C ± W / 2.
_LEFT_OF_CENTRE = {"LINEAR": 0.5, "LINEAR_EXACT": 0.0}
_ITEM = b"\xfe\xff\x00\xe0"
_MAX_ITEMS = 20_000
# pydicom decodes RLE in Python, two bytes at a time.
_MAX_RLE_BYTES = 3 * 2**20


def decode(data: bytes) -> Decoded:
    """Decode the first frame of a DICOM file.

    Grey values of 16 bits are scaled to 0–255 by the header's window, or by percentiles without one.

    Args:
        data: bytes of the file, preamble included.

    Raises:
        ImageError: the file has no image, or its pixels are stored in an unsupported way.
        Exception: any, from pydicom on a damaged file.
    """
    _silence_pydicom()
    header = _read(data)
    syntax, colour = header.file_meta.TransferSyntaxUID, str(header.PhotometricInterpretation)
    if colour not in (*_COLOURS, *_GREYS, _PALETTE):
        raise _unreadable("an unknown colour space")
    if header.BitsAllocated not in _BITS:
        raise _unreadable(f"{int(header.BitsAllocated)} bits")
    if syntax.is_compressed:
        _check_frame(header, syntax)
    pixels, properties = get_decoder(syntax).as_array(header, index=0, raw=True)
    notes = []
    if int(header.get("NumberOfFrames") or 1) > 1:
        notes.append(f"The file has {int(header.NumberOfFrames)} frames; the first is used.")
    if colour == _PALETTE:
        pixels = apply_color_lut(pixels, header)
        pixels = (pixels >> 8).astype(np.uint8) if pixels.dtype.itemsize > 1 else pixels
    elif pixels.dtype != np.uint8:
        pixels, note = to_grey_levels(pixels, _window(header))
        notes.append(note)
    if colour == "MONOCHROME1":
        pixels = ~pixels
        notes.append("The file stores inverted grey values (MONOCHROME1); they were inverted back.")
    return Decoded(_rgb(pixels, str(properties["photometric_interpretation"])), tuple(notes))


@functools.cache
def _silence_pydicom() -> None:
    """Keep header values out of the server's log: pydicom would log and warn about them."""
    logging.getLogger("pydicom").handlers = [logging.NullHandler()]
    logging.getLogger("pydicom").propagate = False
    config.settings.reading_validation_mode = config.IGNORE
    warnings.filterwarnings("ignore", module=r"pydicom\.|core\.images\.dicom")


def _read(data: bytes) -> pydicom.Dataset:
    # pydicom would inflate it without a limit.
    if uid.DeflatedExplicitVRLittleEndian.encode() in data:
        raise _unreadable("Deflated Explicit VR Little Endian")
    try:
        header = pydicom.dcmread(BoundedReader(data), specific_tags=_TAGS)
    except InvalidDicomError:
        raise ImageError("is a damaged DICOM file; export it again.", "damaged") from None
    if "PixelData" not in header or "Rows" not in header or "Columns" not in header:
        raise ImageError("is a DICOM file without an image; choose another file.", "no image")
    check_size(int(header.Columns), int(header.Rows))
    return header


def _check_frame(header: pydicom.Dataset, syntax: uid.UID) -> None:
    """Check that a compressed frame can be decoded here, and soon.

    Raises:
        ImageError: no decoder is available, or decoding would take too long.
    """
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if syntax == uid.JPEGExtended12Bit and header.BitsStored > 8:  # noqa: PLR2004
        available = False
    if not available:
        raise _unreadable(syntax.name)
    if header.PixelData.count(_ITEM) > _MAX_ITEMS:
        raise _unreadable("too many fragments")
    frame = get_frame(header.PixelData, 0, number_of_frames=int(header.get("NumberOfFrames") or 1))
    if syntax in uid.JPEGTransferSyntaxes:
        check_scans(frame)
    if syntax == uid.RLELossless and len(frame) > _MAX_RLE_BYTES:
        raise _unreadable("a large RLE frame")


def _window(header: pydicom.Dataset) -> tuple[float, float] | None:
    """Return the smallest and largest stored value that the first window of the header shows, or None.

    The window applies to rescaled values: PS3.3 C.11.2.1.2 (linear and exact) and C.11.1. Without effect are
    a sigmoid window, a look-up table of the modality, and values that are no window.
    """
    function = str(header.get("VOILUTFunction") or "LINEAR")
    if function not in _LEFT_OF_CENTRE or "ModalityLUTSequence" in header:
        return None
    centre, width = _number(header.get("WindowCenter")), _number(header.get("WindowWidth"))
    slope, intercept = _number(header.get("RescaleSlope", 1)), _number(header.get("RescaleIntercept", 0))
    less = _LEFT_OF_CENTRE[function]
    if not (width > 2 * less and slope > 0):  # NaN is neither
        return None
    half = width / 2 - less
    low, high = ((centre - less + side - intercept) / slope for side in (-half, half))
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _number(value: Any) -> float:
    """Return a number of the header, the first of several; NaN where it is none."""
    try:
        return float(value[0] if isinstance(value, MultiValue) else value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return math.nan


def _rgb(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    if pixels.ndim == 2:  # noqa: PLR2004
        return np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if colour.startswith("YBR_FULL"):
        # Full-range BT.601, as in JPEG: PS3.3 C.7.6.3.1.2.
        return np.array(
            Image.frombuffer("YCbCr", pixels.shape[1::-1], np.ascontiguousarray(pixels)).convert("RGB")
        )
    return pixels


def _unreadable(how: str) -> ImageError:
    return ImageError(
        f"is a DICOM file with an unsupported pixel format ({how}); export it uncompressed, or as PNG.",
        "DICOM storage",
    )
