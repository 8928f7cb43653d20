"""Small images by which a page notices that a browser decodes a format to other pixels than the app."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

_SIDE = 32
_FORMATS = {"JPEG": {"quality": 75, "subsampling": 2}, "WebP": {"quality": 75}}


def probes() -> dict[str, dict[str, object]]:
    """Return for each format with loss its side in pixels, and a file and its RGB pixels as Base64."""
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    waves = [128 + 100 * np.sin(rows / (2 + band)) * np.cos(columns / (4 - band)) for band in range(3)]
    image = Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8))
    return {name: _probe(image, name, options) for name, options in _FORMATS.items()}


def _probe(image: Image.Image, name: str, options: dict[str, int]) -> dict[str, object]:
    file = io.BytesIO()
    image.save(file, name, **options)
    pixels = np.asarray(Image.open(file).convert("RGB"))
    return {"side": _SIDE, "file": _text(file.getvalue()), "pixels": _text(pixels.tobytes())}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
