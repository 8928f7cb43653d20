"""Image files in memory."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def write_noise(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    """Write an image of noise, which nothing else resembles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def two_classes(folder: Path) -> Path:
    write_noise(folder / "a" / "1.png")
    write_noise(folder / "b" / "2.png")
    return folder
