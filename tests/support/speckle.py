"""A data set in the making: tiny images of grey speckle, none like another, and their masks."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT = 72, 64


class Tree:
    """Files written into one folder. The same seed gives the same images again."""

    def __init__(self, folder: Path, seed: str) -> None:
        self.folder = folder
        self.random = np.random.default_rng(zlib.crc32(seed.encode()))

    def pixels(self) -> NDArray[np.uint8]:
        """Return a new image, grey uint8 [64, 72] of 20–235, without near-duplicates."""
        coarse, fine = self.random.normal(size=(8, 9)), self.random.normal(size=(HEIGHT, WIDTH))
        blobs = Image.fromarray(coarse.astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        return np.clip(115 + 40 * np.asarray(blobs) + 15 * fine, 20, 235).astype(np.uint8)

    def image(self, *files: str) -> None:
        """Write a new image into each file, in the format of its ending."""
        for file in files:
            self.save(file, Image.fromarray(self.pixels()))

    def mask(self, file: str, colour: int | tuple[int, int, int] = 255) -> None:
        """Write the mask of a lesion: an ellipse of the colour on black; all black where the colour is."""
        down, right = np.mgrid[:HEIGHT, :WIDTH]
        high, wide = self.random.uniform(6, 14, 2)
        centre = self.random.uniform(24, 40, 2)
        inside = ((down - centre[0]) / high) ** 2 + ((right - centre[1]) / wide) ** 2 <= 1
        pixels = inside[..., np.newaxis] * np.asarray(colour, np.uint8)
        self.save(file, Image.fromarray(pixels.astype(np.uint8).squeeze()))

    def save(self, file: str, image: Image.Image, form: str | None = None, **options: Any) -> None:
        """Write an image; PNG files in a hurry."""
        if file.endswith(".png"):
            options["compress_level"] = 1
        data = io.BytesIO()
        image.save(
            data, form or Image.registered_extensions()[f".{file.rpartition('.')[2].lower()}"], **options
        )
        self.write(file, data.getvalue())

    def write(self, file: str, data: bytes | str) -> None:
        """Write a file of any kind, text in UTF-8."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
