"""Find the ultrasound image within a frame: a border, a viewer's window or a scanner's screen.

The thresholds were set on BUSI and on phantoms in November 2026. Every third of BUSI's 780 images was put
within a white border of 3 % and of 5 %, on a scanner's dark screen of 1024 × 768 pixels with text, grey-scale
bar and ruler at 85 % and 60 % of its height, and in a white window of a viewer. In all of them the rectangle
covers the same tissue as without the frame (intersection over union of at least 0.9), also after JPEG of the
border and the window. After JPEG, text that lies less than 8 pixels from the tissue is not parted from it.

Of the images themselves, 12 of 780 lose more than 15 % of their area. Each was inspected: what goes is black,
at the bottom or at a side. Checked on BUS-BRA: 4 of 1,875 images lose more than 15 %, and in two of these it
has dim grey values. Of every eighth image, all are found in a border and on a screen, 99 % in the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Floats = NDArray[np.float32]

# Largest difference of grey values in a row or column of one grey value, with a margin for JPEG artefacts.
_FLAT = 8
_SIDE = 176  # of the square on which texture is measured; its arrays fit the processor's cache
_STROKES = 7  # side of the median filter that removes text, ticks and lines from the square, pixels
_WINDOW = 9  # side of the window in which texture is measured, pixels of the square
TEXTURE = 0.05
"""Smallest ``texture`` of tissue."""
_BRIDGE = 13  # a textured region that is narrower is no tissue, pixels of the square
# Smallest area of a textured region, as a share of the largest: a shadow may part tissue in two.
_REGION = 0.15
# Smallest share of textured pixels in a row or column of tissue, of those in the row or column with most.
_FILLED = 0.4
# Rows and columns taken off the textured region at each side, pixels of the square: windows reach into the
# frame. Those of tissue come back, because their grey values differ.
_REACH = _WINDOW // 2 + 4
# Smallest share of pixels of one grey value in a row or column of the frame; text on it has another.
_EQUAL = 0.85
_GREY_AXES = 2
_SMALLEST = 8  # side of the smallest textured region that is taken for tissue, pixels of the image


class Box(NamedTuple):
    """A rectangle of an image: rows ``top`` to ``bottom - 1``, columns ``left`` to ``right - 1``."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, pixels: NDArray[np.uint8]) -> Self:
        """Return the rectangle of all of an image [H, W] or [H, W, 3]."""
        return cls(0, pixels.shape[0], 0, pixels.shape[1])

    @property
    def area(self) -> int:
        """Number of pixels."""
        return (self.bottom - self.top) * (self.right - self.left)

    def crop(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the pixels within the rectangle, a view, of an image [H, W] or [H, W, 3]."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def within(self, outer: Box) -> Box:
        """Return a rectangle that was found in a crop, as one of the whole image.

        Args:
            outer: rectangle of the crop.
        """
        top, left = outer.top, outer.left
        return Box(top + self.top, top + self.bottom, left + self.left, left + self.right)


def to_grey(pixels: NDArray[np.uint8]) -> Grey:
    """Return the grey values, uint8 [H, W], of an image, uint8 [H, W, 3] RGB or [H, W]."""
    if pixels.ndim == _GREY_AXES:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def texture(grey: NDArray[np.generic], window: int) -> Floats:
    """Return how much grey values vary at each pixel, in the direction in which they vary least.

    It is the smaller eigenvalue of the structure tensor (Förstner and Gülch 1987): 0 where grey values are
    equal, or vary in one direction only, as in a bar of grey values. Speckle varies in all directions.

    Args:
        grey: grey values [H, W], 0–255.
        window: side of the square over which it is averaged, pixels.

    Returns:
        (Grey levels per pixel) squared, float32 [H, W].
    """
    values = np.asarray(grey, np.float32)
    right, down = (cv2.Sobel(values, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    across, along, both = (
        cv2.boxFilter(product, -1, (window, window), borderType=cv2.BORDER_REFLECT)
        for product in (right * right, down * down, right * down)
    )
    return np.asarray((across + along) / 2 - np.hypot((across - along) / 2, both), np.float32)


def find_content(grey: Grey) -> Box:
    """Find the ultrasound image within its frame.

    Rows and columns of one grey value are cropped first. What is left may be a screen: tissue is its largest
    textured region, and reaches as far as rows and columns have different grey values.

    Args:
        grey: uint8 [H, W], 0–255.

    Returns:
        The rectangle of the ultrasound image; the whole image where there is no frame.
    """
    trimmed = _without_flat_margins(grey)
    inside = trimmed.crop(grey)
    tissue = _textured(inside)
    return trimmed if tissue is None else _extended(inside, tissue).within(trimmed)


def _without_flat_margins(grey: Grey) -> Box:
    """Crop rows and columns of one grey value at the edges, also borders within borders."""
    box = Box.whole(grey)
    while True:
        inside = box.crop(grey)
        rows = np.flatnonzero(np.ptp(inside, axis=1) > _FLAT)
        if not rows.size:
            return box
        columns = np.flatnonzero(np.ptp(inside[rows[0] : rows[-1] + 1], axis=0) > _FLAT)
        if not columns.size:
            return box
        found = Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1).within(box)
        if found == box:
            return box
        box = found


def _textured(grey: Grey) -> Box | None:
    """Return a rectangle in the largest textured region, well within its edges; None where there is none."""
    square = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    textured = (texture(cv2.medianBlur(square, _STROKES), _WINDOW) >= TEXTURE).astype(np.uint8)
    # Parts what thin bridges join: lines of text between the image and another item of a screen.
    bridge = np.ones((_BRIDGE, _BRIDGE), np.uint8)
    textured = np.asarray(
        cv2.morphologyEx(textured, cv2.MORPH_OPEN, bridge, borderType=cv2.BORDER_CONSTANT, borderValue=0),
        np.uint8,
    )
    count, regions, facts, _ = cv2.connectedComponentsWithStats(textured, connectivity=4)
    if count == 1:
        return None
    areas = facts[1:, cv2.CC_STAT_AREA]
    tissue = np.isin(regions, np.flatnonzero(areas >= _REGION * areas.max()) + 1)
    height, width = grey.shape
    top, bottom = _filled(np.count_nonzero(tissue, axis=1), height)
    left, right = _filled(np.count_nonzero(tissue, axis=0), width)
    return Box(top, bottom, left, right) if min(bottom - top, right - left) >= _SMALLEST else None


def _filled(counts: NDArray[np.int64], length: int) -> tuple[int, int]:
    """Return the first and the last line of tissue, as half-open range of an image with ``length`` lines.

    Args:
        counts: number of textured pixels in each line of the square, [S].
        length: number of lines of the image.
    """
    lines = np.flatnonzero(counts >= _FILLED * counts.max())
    scale = length / _SIDE
    return int((lines[0] + _REACH) * scale), int(np.ceil((lines[-1] + 1 - _REACH) * scale))


def _extended(grey: Grey, tissue: Box) -> Box:
    """Extend a rectangle of tissue to all sides, up to lines of a frame."""
    top, bottom, left, right = tissue
    for _ in range(2):  # the second time over the full length of the other side
        top, bottom = _between(_is_frame(grey[:, left:right]), top, bottom)
        left, right = _between(_is_frame(grey[top:bottom].T), left, right)
    return Box(top, bottom, left, right)


def _is_frame(lines: Grey) -> NDArray[np.bool_]:
    """Return which lines [N, L] have nearly one grey value, bool [N]."""
    equal = (lines[:, 1:] == lines[:, :-1]).mean(axis=1) >= _EQUAL  # rules most lines out, at little cost
    candidates = np.flatnonzero(equal)
    medians = np.median(lines[candidates], axis=1, keepdims=True)
    equal[candidates] = (lines[candidates] == medians).mean(axis=1) >= _EQUAL
    return equal


def _between(frame: NDArray[np.bool_], first: int, end: int) -> tuple[int, int]:
    """Return the half-open range around ``first`` to ``end`` that has no further line of a frame."""
    before, after = np.flatnonzero(frame[:first]), np.flatnonzero(frame[end:])
    return int(before[-1]) + 1 if before.size else 0, end + int(after[0]) if after.size else len(frame)
