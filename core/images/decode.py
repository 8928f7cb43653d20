"""Decode untrusted bytes of an image file to RGB pixels."""

from __future__ import annotations

import re
import warnings

import numpy as np
from PIL import Image, ImageOps

from core.escape import visible
from core.images.formats import DICOM, HEAD_BYTES, READABLE, Format, Kind, identify
from core.images.limits import (
    MAX_BYTES,
    MAX_PIXELS,
    BoundedReader,
    ImageError,
    check_scans,
    check_size,
    check_tiff,
)
from core.images.pixels import Decoded, to_grey_levels

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".dcm")
_OPAQUE = 255
# What to do with a file of another format.
_NEXT_STEPS: dict[Kind, str] = {
    "image": "convert it to PNG first",
    "video": "save frames of it as PNG first",
    "volume": "save slices of it as PNG first",
    "archive": "unpack it first",
    "document": "save the images in it as PNG first",
    "text": "choose another file",
    "empty": "choose another file",
    "unknown": "convert it to PNG first",
}


def decode(data: bytes, name: str) -> Decoded:
    """Decode the first image of a file.

    Args:
        data: bytes of a file of one of the formats ``READABLE``, which is recognised by them.
        name: name of the file for messages; its extension does not matter.

    Raises:
        ImageError: the file is empty, damaged, too large, or of another format.
    """
    _set_up_pillow()
    name = display_name(name)
    try:
        return _decode(data)
    except ImageError as error:
        raise ImageError(f"{name} {error}", error.reason) from error.__cause__
    except Image.DecompressionBombError:
        what = f"{name} has too many pixels; send at most {MAX_PIXELS // 10**6} million."
        raise ImageError(what, "too many pixels") from None
    except Exception as error:  # on a damaged file decoders raise any exception
        what = f"{name} is damaged and cannot be read ({type(error).__name__}); save or export it again."
        raise ImageError(what, "damaged") from error


def file_name(name: str) -> str:
    """Return the file name of a path that a browser sent, safe to display."""
    return display_name(re.split(r"[/\\]", name)[-1])


def display_name(name: str) -> str:
    """Return a name as one line of visible characters, without terminal or text direction codes."""
    return visible(name) or "The file"


def _set_up_pillow() -> None:
    """Set Pillow's pixel limit, and keep its warnings, which may quote the file, out of the server's log."""
    # Pillow raises at twice this value, also for images inside other files.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    warnings.filterwarnings("ignore", module=r"PIL\.|core\.images\.decode")


def _decode(data: bytes) -> Decoded:
    if not data:
        raise ImageError("is empty; choose another file.", "empty")
    if len(data) > MAX_BYTES:
        what = f"has {len(data) / 2**20:.0f} MB; send at most {MAX_BYTES // 2**20} MB."
        raise ImageError(what, "too many bytes")
    form = identify(data[:HEAD_BYTES])
    if not form.readable:
        raise _other_format(form)
    if form == DICOM:
        from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s

        return dicom.decode(data)
    if form.name == "JPEG":
        check_scans(data)
    if form.name == "TIFF":
        check_tiff(data)
    with Image.open(BoundedReader(data), formats=[form.name]) as image:
        # Before any pixel is decoded, since a small file can declare a huge image.
        check_size(image.width, image.height)
        frames = getattr(image, "n_frames", 1) if form.name == "GIF" else 1
        if frames > 1:
            raise ImageError(
                f"is a video of {frames} frames (GIF), not an image; {_NEXT_STEPS['video']}.", "video"
            )
        image.load()
        return _rgb(image)


def _other_format(form: Format) -> ImageError:
    what = form.describe()
    wanted = f"not a {', '.join(READABLE[:-1])} or {READABLE[-1]} image"
    return ImageError(f"is {what + ', ' if what else ''}{wanted}; {_NEXT_STEPS[form.kind]}.", "other format")


def _rgb(image: Image.Image) -> Decoded:
    notes = []
    if getattr(image, "is_animated", False):
        notes.append("The file has several images; the first is used.")
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        grey, note = to_grey_levels(np.asarray(image))
        return Decoded(np.repeat(grey[..., np.newaxis], 3, axis=2), (*notes, note))
    if image.has_transparency_data:
        rgba = np.asarray(image if image.mode == "RGBA" else image.convert("RGBA"))
        pixels, alpha = np.array(rgba[..., :3]), rgba[..., 3]
        if alpha.min() < _OPAQUE:
            notes.append("Transparent pixels were blended with black.")
            for channel in range(3):  # one at a time, which needs a third of the memory in 16 bits
                weighted = pixels[..., channel].astype(np.uint16) * alpha
                pixels[..., channel] = (weighted + _OPAQUE // 2) // _OPAQUE
        return Decoded(pixels, tuple(notes))
    return Decoded(np.array(image if image.mode == "RGB" else image.convert("RGB")), tuple(notes))
