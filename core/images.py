"""Untrusted bytes become RGB pixels, and pixels of any size become the square that a network sees."""

from __future__ import annotations

import re
import unicodedata
import warnings
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.image_limits import (
    MAX_BYTES,
    MAX_PIXELS,
    ImageError,
    Pieces,
    check_scans,
    check_size,
    check_tiff,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.recipe import Preprocessing

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "MAX_BYTES",
    "Decoded",
    "ImageError",
    "as_png",
    "decode",
    "file_name",
    "fit",
    "printable",
    "to_grey_levels",
]

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".dcm")
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_RESAMPLING = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}
_OPAQUE = 255
_OTHER_KINDS = {
    rb"%PDF-": "a PDF document",
    rb"PK\x03\x04": "a ZIP archive",
    rb"GIF8[79]a": "a GIF picture",
    rb".{4}ftyp(?:hei|hev|mif1|msf1)": "a HEIC picture",
    rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!DOCTYPE svg)": "an SVG drawing",
}

# What these libraries warn of would go to the server's log, with pieces of the file.
warnings.filterwarnings("ignore", module=r"PIL\.|core\.images")


class Decoded(NamedTuple):
    """RGB pixels, uint8 [H, W, 3], and what had to be changed to get them, in sentences."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def decode(data: bytes, name: str) -> Decoded:
    """Decode the bytes of a picture. Of several pictures in a file, the first.

    Args:
        data: a PNG, JPEG, BMP, TIFF, WebP or DICOM file; what it is shows in the bytes, not in the name.
        name: what the user calls it, for messages.

    Raises:
        ImageError: the bytes are empty, damaged, too large, or of another format.
    """
    name = printable(name)
    try:
        return _decode(data)
    except ImageError as error:
        raise ImageError(f"{name} {error}", error.reason) from error.__cause__
    except Image.DecompressionBombError:
        what = f"{name} has too many pixels; send at most {MAX_PIXELS // 10**6} million."
        raise ImageError(what, "too many pixels") from None
    except Exception as error:  # decoders raise whatever a damaged file makes them raise
        what = f"{name} is damaged and cannot be read ({type(error).__name__}); save or export it again."
        raise ImageError(what, "damaged") from error


def file_name(name: str) -> str:
    """Return the last part of a name that a browser sent, fit to be shown."""
    return printable(re.split(r"[/\\]", name)[-1])


def printable(name: str) -> str:
    """Return a name as one line of visible characters; what steers a terminal or the reading order goes."""
    visible = "".join(
        " " if c.isspace() else c for c in name if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split()) or "The file"


def to_grey_levels(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], str]:
    """Scale numbers of any kind and range to 0–255, from the least finite one to the largest.

    Returns:
        uint8 of the same shape, 0 where there was no number; and a sentence that says so.

    Raises:
        ImageError: no number is finite.
    """
    levels = np.array(values, np.float64)
    finite = np.isfinite(levels)
    low = float(levels.min(where=finite, initial=np.inf))
    high = float(levels.max(where=finite, initial=-np.inf))
    if low > high:
        raise ImageError("holds no numbers; export it again.", "damaged")
    levels /= 2  # so that the range of the largest floats is a float as well
    levels -= low / 2
    levels *= 255 / max(high / 2 - low / 2, np.finfo(np.float64).tiny)
    np.nan_to_num(levels, copy=False, nan=0, posinf=255, neginf=0)
    note = f"Grey values from {low:g} to {high:g} were scaled to 0–255."
    return np.rint(levels, out=levels).astype(np.uint8), note


def _decode(data: bytes) -> Decoded:
    if not data:
        raise ImageError("is empty; choose another file.", "empty")
    if len(data) > MAX_BYTES:
        what = f"has {len(data) / 2**20:.0f} MB; send at most {MAX_BYTES // 2**20} MB."
        raise ImageError(what, "too many bytes")
    if data[128:132] == b"DICM":
        from core import dicom  # noqa: PLC0415 - pydicom takes a quarter of a second, and most need it not

        return dicom.decode(data)
    if data.startswith(b"\xff\xd8"):
        check_scans(data)
    if data.startswith((b"II", b"MM")):
        check_tiff(data)
    try:
        with Image.open(Pieces(data), formats=FORMATS) as image:
            # Checked before a pixel is decoded: a small file can claim a huge picture.
            check_size(image.width, image.height)
            image.load()
            return _rgb(image)
    except UnidentifiedImageError:
        raise ImageError(f"is {_kind(data)}; convert it first.", "other format") from None


def _kind(data: bytes) -> str:
    wanted = "no PNG, JPEG, BMP, TIFF, WebP or DICOM picture"
    for pattern, kind in _OTHER_KINDS.items():
        if re.match(pattern, data, re.DOTALL):
            return f"{kind}, {wanted}"
    return wanted


def _rgb(image: Image.Image) -> Decoded:
    notes = []
    if getattr(image, "is_animated", False):
        notes.append("The file has several pictures; the first is used.")
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        grey, note = to_grey_levels(np.asarray(image))
        return Decoded(np.repeat(grey[..., np.newaxis], 3, axis=2), (*notes, note))
    if image.has_transparency_data:
        rgba = np.asarray(image if image.mode == "RGBA" else image.convert("RGBA"))
        pixels, alpha = np.array(rgba[..., :3]), rgba[..., 3]
        if alpha.min() < _OPAQUE:
            notes.append("Transparent parts were put on black.")
            for channel in range(3):  # one at a time: large pictures are three times as large in 16 bits
                weighted = pixels[..., channel].astype(np.uint16) * alpha
                pixels[..., channel] = (weighted + _OPAQUE // 2) // _OPAQUE
        return Decoded(pixels, tuple(notes))
    return Decoded(np.array(image if image.mode == "RGB" else image.convert("RGB")), tuple(notes))


def fit(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Fit a picture, uint8 [H, W, 3], to the input size, uint8 [S, S, 3].

    With ``nearest`` and ``squash`` this is what Keras's ``flow_from_directory`` does.
    """
    height, width = pixels.shape[:2]
    size = preprocessing.image_size
    top, left = round(height * preprocessing.border_crop), round(width * preprocessing.border_crop)
    image = Image.fromarray(pixels[top : height - top, left : width - left])
    resampling = _RESAMPLING[preprocessing.interpolation]
    if preprocessing.fit == "letterbox":
        return np.asarray(ImageOps.pad(image, (size, size), resampling, color="black"))
    return np.asarray(image.resize((size, size), resampling))


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture, uint8 [H, W, 3], as a PNG file: lossless, and made for speed rather than size."""
    grey = bool((picture[..., :1] == picture).all())
    pixels = picture[..., 0] if grey else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, file = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return file.tobytes()
