"""Frames around ultrasound images: a border, and the screen of a scanner, with where the image lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.images.frame import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 1024, 768
_TITLE = 34


def bordered(pixels: Pixels, share: float, grey: int = 255) -> tuple[Pixels, Box]:
    """Put a border around an image [H, W, 3], as wide as a share of its height and width."""
    height, width = pixels.shape[:2]
    down, right = round(share * height), round(share * width)
    framed = cv2.copyMakeBorder(pixels, down, down, right, right, cv2.BORDER_CONSTANT, value=(grey,) * 3)
    return framed, Box(down, down + height, right, right + width)


def on_screen(pixels: Pixels, share: float, *, background: int = 20, number: int = 0) -> tuple[Pixels, Box]:
    """Show an image [H, W, 3] on a scanner's screen of 1024 × 768 pixels.

    The screen has a title bar, lines of text, icons, a grey-scale bar and the ticks of a ruler. ``share`` is
    the height of the image in that of the screen, ``number`` a number in the title.
    """
    ink = (255 - background,) * 3
    screen = np.full((HEIGHT, WIDTH, 3), background, np.uint8)
    cv2.rectangle(screen, (0, 0), (WIDTH, _TITLE), (70, 70, 80), -1)

    def write(text: str, left: int, bottom: int, scale: float = 0.42) -> None:
        cv2.putText(screen, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)

    write(f"GENERAL HOSPITAL   Breast   {number:06d}", 14, 23, 0.55)
    for line in range(7):
        write(f"Gain {40 + 3 * line}", 10, 90 + 22 * line)
        cv2.rectangle(screen, (10, 400 + 40 * line), (36, 426 + 40 * line), ink, 1)
    screen[120:376, -30:-16] = np.arange(255, -1, -1, dtype=np.uint8)[:, None, None]
    for row in range(60, HEIGHT - 20, 32):
        cv2.line(screen, (WIDTH - 50, row), (WIDTH - 40, row), ink)
    height, width = pixels.shape[:2]
    scale = min(share * HEIGHT / height, 860 / width)
    size = (round(scale * width), round(scale * height))
    image = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = _TITLE + (HEIGHT - _TITLE - size[1]) // 2, (WIDTH - size[0]) // 2
    box = Box(top, top + size[1], left, left + size[0])
    screen[box.top : box.bottom, box.left : box.right] = image
    return screen, box


def as_jpeg(pixels: Pixels) -> Pixels:
    """Return an image as it looks after JPEG of quality 75."""
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], cv2.IMREAD_COLOR)


def overlap(one: Box, other: Box) -> float:
    """Return the intersection of two rectangles over their union, 0–1."""
    down = max(0, min(one.bottom, other.bottom) - max(one.top, other.top))
    both = down * max(0, min(one.right, other.right) - max(one.left, other.left))
    return both / (one.area + other.area - both)


def mapped(box: Box, shape: tuple[int, ...], place: Box) -> Box:
    """Return a rectangle of an image [H, W, …] as one of the screen on which the image has a place."""
    down, right = (place.bottom - place.top) / shape[0], (place.right - place.left) / shape[1]
    rows = (round(place.top + down * row) for row in box[:2])
    return Box(*rows, *(round(place.left + right * column) for column in box[2:]))
