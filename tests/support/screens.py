"""Frames of ``core.data.duplicates.common_frames`` in further variants, and where the image lies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.images.frame import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def numbered_screen(pixels: Pixels, share: float, number: int) -> Pixels:
    """Show an image on a scanner's screen with a patient's number in the title."""
    screen = on_a_scanner_screen(pixels, share=share)
    cv2.putText(screen, f"{number:06d}", (700, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (205, 205, 190), 1)
    return screen


def light_screen(pixels: Pixels, share: float) -> Pixels:
    """Show an image on a scanner's screen that is light, with dark text."""
    return 255 - on_a_scanner_screen(255 - pixels, share=share)


def place(frame: Callable[[Pixels], Pixels], pixels: Pixels) -> Box:
    """Return where an image lies in its frame: what differs between a black and a white one of its size."""
    varying = frame(np.zeros_like(pixels))[..., 0] != frame(np.full_like(pixels, 255))[..., 0]
    rows, columns = (np.flatnonzero(varying.any(axis=axis)) for axis in (1, 0))
    return Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


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
