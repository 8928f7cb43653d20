"""Decode untrusted bytes of an image file to RGB pixels."""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from core.escape import visible
from core.images.formats import DICOM, HEAD_BYTES, READABLE, VIDEOS, Format, Kind, convert_videos, identify
from core.images.limits import (
    LOCAL,
    UPLOAD,
    BoundedReader,
    ImageError,
    Limits,
    check_bytes,
    check_scans,
    check_size,
    check_tiff,
    too_many_pixels,
)
from core.images.pixels import Decoded, to_grey_levels

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTENSIONS = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".gif"),
    *(".dcm", ".dicom", ".dic", ".ima"),
)
"""Usual endings of the readable formats. What a file is, its content decides."""

_OPAQUE = 255
# What to do with a file of another format.
NEXT_STEPS: dict[Kind, str] = {
    "image": "convert it to PNG first",
    "video": "save frames of it as PNG first",
    "volume": "save slices of it as PNG first",
    "archive": "unpack it first",
    "document": "save the images in it as PNG first",
    "text": "choose another file",
    "empty": "choose another file",
    "unknown": "convert it to PNG first",
}
"""What to do with a file of another kind."""


def decode(data: bytes, name: str) -> Decoded:
    """Decode the first image of a file that was sent.

    Args:
        data: bytes of a file of one of the formats ``READABLE``, which is recognised by them.
        name: name of the file for messages; its extension does not matter.

    Raises:
        ImageError: the file is empty, damaged, too large for ``UPLOAD``, or of another format.
    """
    return decode_file(BoundedReader(data), len(data), name, UPLOAD)


def decode_file(file: BinaryIO, size: int, name: str, limits: Limits, frame: int = 0) -> Decoded:
    """Decode an image of an opened file; see ``decode``.

    Args:
        file: the file, of which no more is read than is needed.
        size: number of bytes of the file.
        name: name of the file for messages.
        limits: limits for the file.
        frame: number of the frame of a DICOM file, from 0; other files have one.

    Raises:
        ImageError: the file is empty, damaged, too large, or of another format; or has no such frame.
    """
    _set_up_pillow()
    with named(name, limits):
        return _decode(file, size, limits, frame)


@contextmanager
def named(name: str, limits: Limits) -> Iterator[None]:
    """Turn every error of a decoder into an ImageError that begins with the file's name."""
    name = display_name(name)
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{name} {error}", error.reason) from error.__cause__
    except Image.DecompressionBombError:  # of an image inside another file
        too_many = too_many_pixels(limits)
        raise ImageError(f"{name} {too_many}", too_many.reason) from None
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
    # Pillow raises at twice this value, also for images inside other files. It is one for all threads.
    Image.MAX_IMAGE_PIXELS = LOCAL.max_pixels // 2
    warnings.filterwarnings("ignore", module=r"PIL\.|core\.images\.decode")


def _decode(file: BinaryIO, size: int, limits: Limits, number: int) -> Decoded:
    check_bytes(size, limits)
    form = identify(file.read(HEAD_BYTES))
    file.seek(0)
    if not form.readable:
        raise _other_format(form)
    if form == DICOM:
        from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s

        return dicom.decode(file, limits, number)
    if form.name == "JPEG":
        check_scans(file)
    if form.name == "TIFF":
        check_tiff(file)
    with Image.open(file, formats=[form.name]) as image:
        # Before any pixel is decoded, since a small file can declare a huge image.
        check_size(image.width, image.height, limits)
        frames = getattr(image, "n_frames", 1) if form.name == "GIF" else 1
        if frames > 1:
            raise ImageError(
                f"is a video of {frames} frames (GIF), not an image; {NEXT_STEPS['video']}.", "video"
            )
        if number:
            raise ImageError(f"has one image, and no frame {number + 1}.", "no such frame")
        image.load()
        pixels, notes = to_rgb(image)
        several = ("The file has several images; the first is used.",)
        return Decoded(pixels, (*several, *notes) if getattr(image, "is_animated", False) else notes)


def _other_format(form: Format) -> ImageError:
    what = form.describe()
    if form.kind == "video" and form.name not in VIDEOS:
        return ImageError(f"is {what}; {convert_videos('it')}", "other format")
    wanted = f"not a {', '.join(READABLE[:-1])} or {READABLE[-1]} image"
    return ImageError(f"is {what + ', ' if what else ''}{wanted}; {NEXT_STEPS[form.kind]}.", "other format")


def to_rgb(image: Image.Image) -> Decoded:
    """Convert an image of any mode, which is turned as its metadata say."""
    notes: list[str] = []
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
