"""Untrusted bytes become RGB pixels, and pixels of any size become the square that a network sees."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.recipe import Preprocessing

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
_RESAMPLING = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}


class ImageError(UserError):
    """Bytes that are no usable picture. The message is for the person who uploaded them."""


class Decoded(NamedTuple):
    """RGB pixels, uint8 [H, W, 3], and what had to be changed to get them, in sentences."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def decode(data: bytes, name: str) -> Decoded:
    """Decode the bytes of a picture.

    Args:
        data: a PNG, JPEG, BMP, TIFF or WebP file.
        name: what the user calls it, for messages.

    Raises:
        ImageError: the bytes are empty, damaged, too large, or of another format.
    """
    if not data:
        raise ImageError(f"{name} is empty; choose another file.")
    if len(data) > MAX_BYTES:
        raise ImageError(f"{name} has {len(data) / 2**20:.0f} MB; send at most {MAX_BYTES // 2**20} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                # Checked before a pixel is decoded: a small file can claim a huge picture.
                _check_size(image)
                frames = getattr(image, "n_frames", 1)
                image.load()
                return _rgb(image, frames)
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has too many pixels; send at most {MAX_PIXELS // 10**6} million.") from None
    except UnidentifiedImageError:
        raise ImageError(f"{name} is no PNG, JPEG, BMP, TIFF or WebP picture; convert it first.") from None
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file makes them raise
        raise ImageError(f"{name} is damaged and cannot be read ({type(error).__name__}).") from error


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError


def _rgb(image: Image.Image, frames: int) -> Decoded:
    notes = []
    if frames > 1:
        notes.append(f"The file has {frames} pictures; the first is used.")
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"I", "F"} or upright.mode.startswith("I;16"):
        values = np.asarray(upright, np.float64)
        low, high = np.nanmin(values), np.nanmax(values)
        notes.append(f"Grey values from {low:g} to {high:g} were scaled to 0–255.")
        scaled = np.nan_to_num((values - low) * (255 / max(high - low, 1e-9)))
        upright = Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        if (np.asarray(rgba)[..., 3] < 255).any():  # noqa: PLR2004
            notes.append("Transparent parts were put on black.")
        upright = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return Decoded(np.array(upright.convert("RGB")), tuple(notes))


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
