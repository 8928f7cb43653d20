"""Encode pixels as PNG and JPEG files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def as_png(image: NDArray[np.uint8]) -> bytes:
    """Encode an image, uint8 [H, W], [H, W, 3] RGB or [H, W, 4] RGBA, as PNG, fast rather than small."""
    _, file = cv2.imencode(".png", _as_opencv(image), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return file.tobytes()


def _as_opencv(image: NDArray[np.uint8]) -> cv2.typing.MatLike:
    if image.ndim == 2:  # noqa: PLR2004
        return image
    if image.shape[2] == 4:  # noqa: PLR2004
        return cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA)
    grey = bool((image[..., :1] == image).all())
    return image[..., 0] if grey else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)


def thumbnail(pixels: NDArray[np.uint8], side: int = 180) -> bytes:
    """Encode a thumbnail as JPEG.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey.
        side: maximum width and height of the thumbnail, pixels.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
