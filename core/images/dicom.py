"""Decode a frame of a DICOM file to RGB: by its window, palette and colour space, and its B-mode region."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image
from pydicom.multival import MultiValue

from core.images.dicom_frame import read_frame
from core.images.dicom_header import read_header
from core.images.dicom_palette import apply_palette
from core.images.limits import CLIP_FRAMES, UPLOAD, ImageError, Limits, too_many_frames
from core.images.pixels import ClipFrame, Decoded, to_grey_levels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pydicom import Dataset

    from core.images.dicom_header import Header

# Of a window of W values around C, LINEAR shows C - 0.5 ± (W - 1) / 2, LINEAR_EXACT C ± W / 2.
_LEFT_OF_CENTRE = {"LINEAR": 0.5, "LINEAR_EXACT": 0.0}
# Windows of 8 bits that mean the whole range, such as 128 ± 128 and 127 ± 127, change nothing.
_LOWS, _HIGHS = (-1, 1), (253, 256)
_TWO_D, _TISSUE = 1, 1
_MIN_REGION = 16  # pixels; a smaller region shows nothing
_MILLISECONDS = 1000


def decode(file: BinaryIO, limits: Limits = UPLOAD, frame: int = 0) -> Decoded:
    """Decode a frame of a DICOM file.

    Grey values are scaled to 0–255 by the header's window; of 16 bits without one, by percentiles. If the
    header gives exactly one region of 2D tissue, the image is cropped to it.

    Args:
        file: the file.
        limits: limits on the size of an image.
        frame: number of the frame, from 0.

    Raises:
        ImageError: the file has no image, no such frame, or its pixels are stored in an unsupported way.
        Exception: any, from pydicom on a damaged file.
    """
    header = read_header(file, limits)
    if not 0 <= frame < header.frames:
        frames = "1 frame" if header.frames == 1 else f"{header.frames} frames"
        raise ImageError(f"has {frames}, and no frame {frame + 1}.", "no such frame")
    pixels, notes = decode_frame(file, header, frame)
    if header.frames > 1:
        used = "the first" if frame == 0 else f"frame {frame + 1} of {header.frames}"
        notes = (f"The file has {header.frames} frames; {used} is used.", *notes)
    return Decoded(pixels, notes)


def decode_frames(file: BinaryIO, limits: Limits = UPLOAD, first: int = 0) -> Iterator[ClipFrame]:
    """Decode the frames of a DICOM file from one on, each as ``decode`` does, with their times.

    Raises:
        ImageError: as ``decode``; also where there are more frames than ``CLIP_FRAMES``.
        Exception: any, from pydicom on a damaged file.
    """
    header = read_header(file, limits)
    if header.frames > CLIP_FRAMES:
        raise too_many_frames()
    seconds = _seconds(header)
    for number in range(first, header.frames):
        yield ClipFrame(*decode_frame(file, header, number), seconds[number])


def _seconds(header: Header) -> list[float | None]:
    """Return the time of each frame from the first one: PS3.3, C.7.6.5.1; None where it is not known."""
    elements, numbers = header.elements, range(header.frames)
    between, rate = _number(elements.get("FrameTime")), _number(elements.get("CineRate"))
    if not between > 0 and rate > 0:  # NaN is neither
        between = _MILLISECONDS / rate
    if between > 0:
        return [number * between / _MILLISECONDS for number in numbers]
    vector = elements.get("FrameTimeVector")
    if isinstance(vector, MultiValue) and len(vector) == header.frames:
        # Its first value is the time before the first frame.
        return [float(time) / _MILLISECONDS for time in np.cumsum([0.0, *map(_number, vector[1:])])]
    return [None for _ in numbers]


def decode_frame(file: BinaryIO, header: Header, frame: int) -> Decoded:
    """Decode a frame of a file whose header is known, as ``decode`` does, but without its note on frames.

    Args:
        file: the file.
        header: its header, which says that there is such a frame.
        frame: number of the frame, from 0.

    Raises:
        ImageError: the pixels are stored in an unsupported way.
        Exception: any, from pydicom on a damaged file.
    """
    samples, colour, stored = read_frame(file, header, frame)
    notes = [*header.notes, *stored]
    if colour == "PALETTE COLOR":
        pixels, unusual = apply_palette(
            samples, header.elements, little_endian=header.syntax.is_little_endian
        )
        notes += unusual
    else:
        pixels, scaled = _levels(samples, colour, header.elements)
        notes += scaled
    rgb = _rgb(pixels, colour)
    region = _tissue_region(header.elements, rgb.shape[0], rgb.shape[1])
    if region is not None:
        left, top, right, bottom = region
        rgb = np.ascontiguousarray(rgb[top:bottom, left:right])
        notes.append(
            f"The image was cropped to the B-mode region of the header "
            f"(columns {left} to {right - 1}, rows {top} to {bottom - 1})."
        )
    return Decoded(rgb, tuple(notes))


def count_frames(file: BinaryIO, limits: Limits = UPLOAD) -> int:
    """Return the number of frames of a DICOM file according to its header.

    Raises:
        ImageError: the file has no image.
        Exception: any, from pydicom on a damaged file.
    """
    return read_header(file, limits).frames


def _levels(
    samples: NDArray[np.generic], colour: str, elements: Dataset
) -> tuple[NDArray[np.uint8], list[str]]:
    """Return samples of any type as levels, 0–255, and sentences on how."""
    notes = []
    window = _window(elements) if samples.ndim == 2 else None  # noqa: PLR2004
    if samples.ndim == 2 and ("VOILUTSequence" in elements or "ModalityLUTSequence" in elements):  # noqa: PLR2004
        notes.append("The header has a look-up table of grey values, which was not applied.")
    if samples.dtype != np.uint8 or (window is not None and _changes(window)):
        pixels, note = to_grey_levels(samples, window)
        notes.append(note)
    else:
        pixels = samples.astype(np.uint8)
    if colour == "MONOCHROME1":
        pixels = ~pixels
        notes.append("The file stores inverted grey values (MONOCHROME1); they were inverted back.")
    return pixels, notes


def _changes(window: tuple[float, float]) -> bool:
    low, high = window
    return not (_LOWS[0] <= low <= _LOWS[1] and _HIGHS[0] <= high <= _HIGHS[1])


def _window(elements: Dataset) -> tuple[float, float] | None:
    """Return the smallest and largest stored value that the first window of the header shows, or None.

    The window applies to rescaled values: PS3.3 C.11.2.1.2 (linear and exact) and C.11.1. Without effect are
    a sigmoid window, a look-up table of the modality, and values that are no window.
    """
    function = str(elements.get("VOILUTFunction") or "LINEAR")
    if function not in _LEFT_OF_CENTRE or "ModalityLUTSequence" in elements:
        return None
    centre, width = _number(elements.get("WindowCenter")), _number(elements.get("WindowWidth"))
    slope, intercept = _number(elements.get("RescaleSlope", 1)), _number(elements.get("RescaleIntercept", 0))
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


def _tissue_region(elements: Dataset, height: int, width: int) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom (exclusive) of the only region of 2D tissue: PS3.3, C.8.5.5.

    None without one, with several, and where it is the whole image, next to nothing, or no region at all.
    """
    try:
        found = [
            region
            for region in elements.get("SequenceOfUltrasoundRegions") or ()
            if region.get("RegionSpatialFormat") == _TWO_D and region.get("RegionDataType") == _TISSUE
        ]
        if len(found) != 1:
            return None
        corners = ("MinX0", "MinY0", "MaxX1", "MaxY1")
        left, top, last_column, last_row = (int(found[0][f"RegionLocation{c}"].value) for c in corners)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(last_column + 1, width), min(last_row + 1, height)
    if min(right - left, bottom - top) < _MIN_REGION or (right - left, bottom - top) == (width, height):
        return None
    return left, top, right, bottom


def _rgb(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    if pixels.ndim == 2:  # noqa: PLR2004
        return np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if colour.startswith("YBR_FULL"):
        # Full-range BT.601, as in JPEG: PS3.3 C.7.6.3.1.2.
        return np.array(
            Image.frombuffer("YCbCr", pixels.shape[1::-1], np.ascontiguousarray(pixels)).convert("RGB")
        )
    return pixels
