"""Frames that the self-test puts on all images alike, to see whether a frame merges different images."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 1024, 768  # of a screen, pixels
WHITE = (255, 255, 255)
MOST_MERGED = 0.01
"""Largest share of images that a frame may merge with another group; 8 of BUSI's 780."""

_DARK, _BAR, _TEXT, _BUTTON = (18, 20, 26), (58, 62, 74), (205, 205, 190), (225, 228, 232)
_TITLE = 34  # height of the title bar, pixels
_MARGIN = 60  # smallest distance of the image to the sides of a screen, pixels
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LINES = ("Breast 12L-RS", "FR 32 Hz", "D 4.0 cm", "Gain 58", "DR 66", "MI 1.1  TIs 0.3", "AO 100 %")


class Frame(NamedTuple):
    """A frame that a program or a scanner puts around every image.

    Attributes:
        name: its name in reports.
        apply: function of pixels, uint8 [H, W, 3] RGB; returns the framed image, uint8 of any size.
    """

    name: str
    apply: Callable[[Pixels], Pixels]


def bordered(pixels: Pixels, *, share: float) -> Pixels:
    """Put a white border around an image, as wide as a share of its height and width, 0–1."""
    height, width = pixels.shape[:2]
    down, across = round(share * height), round(share * width)
    margins = (down, down, across, across)
    return np.asarray(cv2.copyMakeBorder(pixels, *margins, cv2.BORDER_CONSTANT, value=WHITE), np.uint8)


def on_a_scanner_screen(pixels: Pixels, *, share: float) -> Pixels:
    """Show an image on the dark screen of a scanner.

    The screen has a title bar, lines of text, a grey-scale bar and the ticks of a ruler.

    Args:
        pixels: uint8 [H, W, 3].
        share: height of the image as a share of the screen's, 0–1; less for one that would be too wide.
    """
    return _placed(pixels, _scanner_screen(), round(share * HEIGHT))


def in_a_viewer_window(pixels: Pixels) -> Pixels:
    """Show an image in a white window of a viewer, 75 % of the window high, with a title bar and buttons."""
    return _placed(pixels, _viewer_window(), round(0.75 * HEIGHT))


@cache
def _scanner_screen() -> Pixels:
    screen = np.full((HEIGHT, WIDTH, 3), _DARK, np.uint8)
    cv2.rectangle(screen, (0, 0), (WIDTH, _TITLE), _BAR, -1)
    cv2.putText(screen, "GENERAL HOSPITAL   Breast   2019-03-12   10:42:07", (14, 23), _FONT, 0.55, _TEXT, 1)
    for number, line in enumerate(_LINES):
        cv2.putText(screen, line, (10, 90 + 22 * number), _FONT, 0.42, _TEXT, 1)
    for row in range(256):
        cv2.line(screen, (WIDTH - 30, 120 + row), (WIDTH - 16, 120 + row), [255 - row] * 3)
    for row in range(_TITLE + 20, HEIGHT - 20, 32):
        cv2.line(screen, (WIDTH - 50, row), (WIDTH - 40, row), _TEXT)
    cv2.putText(screen, "LEFT BREAST   CINE 112/112", (14, HEIGHT - 12), _FONT, 0.5, _TEXT, 1)
    return screen


@cache
def _viewer_window() -> Pixels:
    window = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.rectangle(window, (0, 0), (WIDTH, _TITLE), _BUTTON, -1)
    cv2.putText(window, "Image viewer", (14, 23), _FONT, 0.55, (40, 40, 40), 1)
    for number in range(6):
        left = 14 + 60 * number
        cv2.rectangle(window, (left, _TITLE + 10), (left + 46, _TITLE + 34), _BUTTON, -1)
    cv2.rectangle(window, (0, HEIGHT - 24), (WIDTH, HEIGHT), _BUTTON, -1)
    return window


def _placed(pixels: Pixels, screen: Pixels, height: int) -> Pixels:
    """Put an image, so many pixels high, in the middle below the title bar of a copy of a screen."""
    scale = min(height / pixels.shape[0], (WIDTH - 2 * _MARGIN) / pixels.shape[1])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    smaller = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, size, interpolation=smaller)
    top = _TITLE + (HEIGHT - _TITLE - size[1]) // 2
    left = (WIDTH - size[0]) // 2
    shown = screen.copy()
    shown[top : top + size[1], left : left + size[0]] = resized
    return shown


FRAMES = (
    Frame("white border of 3 %", partial(bordered, share=0.03)),
    Frame("white border of 5 %", partial(bordered, share=0.05)),
    Frame("scanner's screen, image 85 % high", partial(on_a_scanner_screen, share=0.85)),
    Frame("scanner's screen, image 60 % high", partial(on_a_scanner_screen, share=0.60)),
    Frame("white window of a viewer", in_a_viewer_window),
)
