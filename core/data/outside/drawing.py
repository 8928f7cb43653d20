"""Text and windows for drawn documents and screens."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    import numpy as np
    from PIL import ImageDraw

TITLE = 30  # height of a window's title bar, pixels
_WORDS = (
    *("report", "patient", "image", "left", "right", "series", "window", "level", "zoom", "measure", "file"),
    *("edit", "view", "help", "the", "of", "and", "in", "with", "study", "date", "name", "hospital", "mean"),
    *("findings", "normal", "follow", "up", "copy", "save", "print", "open", "tools", "page", "result"),
)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font in a size, pixels."""
    return ImageFont.load_default(size)


def text_block(rng: np.random.Generator, words: int, lines: int) -> str:
    """Return lines of random words."""
    return "\n".join(" ".join(map(str, rng.choice(_WORDS, words))) for _ in range(lines))


def window(
    pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], title: str, *, light: bool
) -> tuple[int, int, int, int]:
    """Draw a window with a title bar and a menu.

    Args:
        pen: pen of the image.
        box: left, top, right and bottom of the window, pixels.
        title: text of the title bar.
        light: whether it is white, not black.

    Returns:
        Left, top, right and bottom of what lies below the menu, within a margin.
    """
    left, top, right, bottom = box
    ground, bar, ink = ("white", (222, 226, 232), "black") if light else ((14, 15, 18), (52, 56, 64), "white")
    pen.rectangle(box, ground, (128, 128, 128))
    pen.rectangle((left, top, right, top + TITLE), bar)
    pen.text((left + 10, top + 6), title, ink, font(15))
    for number, colour in enumerate(((200, 80, 70), (210, 180, 60), (90, 170, 90))):
        across = right - 20 - 22 * number
        pen.ellipse((across, top + 9, across + 12, top + 21), colour)
    for number, word in enumerate(("File", "Edit", "View", "Image", "Tools", "Help")):
        pen.text((left + 10 + 58 * number, top + TITLE + 5), word, ink, font(14))
    return left + 12, top + 2 * TITLE + 4, right - 12, bottom - 12
