"""Documents and screens drawn with Pillow: letters, tables, charts, forms, presentations and desktops."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from core.data.outside.drawing import font, text_block, window
from core.data.outside.motif import Motif, generator_of, happens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.data.outside.motif import Pixels

_EACH = 12  # of each document
_PAGE, _SCREEN = (620, 877), (1024, 768)  # width and height, pixels


def motifs(seed: int) -> list[Motif]:
    """Return a motif for each document, one image each."""
    return [
        Motif("documents and screens", f"{name} {number}", partial(_image, draw, seed, f"{name} {number}"))
        for name, draw in _DOCUMENTS.items()
        for number in range(1, _EACH + 1)
    ]


def _image(draw: Callable[[np.random.Generator], Image.Image], seed: int, origin: str) -> Iterator[Pixels]:
    yield np.asarray(draw(generator_of(seed, origin)).convert("RGB"))


def _letter(rng: np.random.Generator) -> Image.Image:
    """A page of text, light or dark, of one or two columns."""
    paper, ink = ("white", "black") if happens(rng, 0.7) else ((24, 26, 30), (220, 220, 215))
    page = Image.new("RGB", _PAGE, paper)
    pen, size = ImageDraw.Draw(page), int(rng.integers(9, 20))
    pen.text((50, 40), text_block(rng, 4, 1), ink, font(2 * size))
    columns = int(rng.integers(1, 3))
    for column in range(columns):
        left, words = 50 + column * 270, 9 if columns == 1 else 5
        pen.multiline_text((left, 120), text_block(rng, words, int(rng.integers(15, 40))), ink, font(size))
    return page


def _table(rng: np.random.Generator) -> Image.Image:
    """A table of numbers with a header, some cells in colour, and text beside it."""
    page = Image.new("RGB", _SCREEN, "white")
    pen, rows, columns = ImageDraw.Draw(page), int(rng.integers(6, 26)), int(rng.integers(3, 9))
    right, bottom = int(rng.integers(500, 1000)), int(rng.integers(400, 740))
    edges = np.sort(rng.integers(20, right, columns - 1))
    places = [20, *map(int, edges), right]
    height = (bottom - 20) // rows
    head = tuple(map(int, rng.integers(90, 230, size=3)))
    for row in range(rows):
        top = 20 + row * height
        for left, end in pairwise(places):
            fill = head if row == 0 or happens(rng, 0.1) else None
            pen.rectangle((left, top, end, top + height), fill, (190, 190, 190))
            said = text_block(rng, 1, 1) if row == 0 else f"{rng.normal(0, 100):.2f}"
            pen.text((left + 6, top + 4), said, "black", font(14))
    pen.multiline_text((right + 12, 30), text_block(rng, 2, int(rng.integers(4, 30))), "black", font(16))
    return page


def _chart(rng: np.random.Generator) -> Image.Image:
    """A chart of bars, lines or points with axes and a legend."""
    page = Image.new("RGB", _SCREEN, "white")
    pen, series, count = ImageDraw.Draw(page), int(rng.integers(2, 5)), int(rng.integers(6, 30))
    pen.line((80, 40, 80, 700, 990, 700), "black", 2)
    pen.text((int(rng.integers(80, 600)), 4), text_block(rng, 4, 1), "black", font(26))
    for row in map(int, rng.integers(60, 690, int(rng.integers(2, 9)))):
        pen.line((80, row, 990, row), (200, 200, 200))
        pen.text((20, row - 8), f"{rng.normal(0, 100):.1f}", "black", font(16))
    kind = int(rng.integers(3))
    for number in range(series):
        colour = tuple(map(int, rng.integers(230, size=3)))
        heights = 690 - 600 * np.clip(np.cumsum(rng.normal(0, 0.3, count)) / 2 + rng.random(), 0, 1)
        places = np.linspace(110, 960, count)
        points = [(float(x), float(y)) for x, y in zip(places, heights, strict=True)]
        if kind == 0:
            pen.line(points, colour, 3)
        for x, y in points:
            if kind == 1:
                pen.rectangle((x + 8 * number, y, x + 8 * number + 7, 699), colour)
            else:
                pen.ellipse((x - 4, y - 4, x + 4, y + 4), colour)
        pen.text((860, 60 + 24 * number), text_block(rng, 1, 1), colour, font(16))
    return page


def _presentation(rng: np.random.Generator) -> Image.Image:
    """A slide with a title, bullets and boxes."""
    ground = tuple(map(int, rng.integers(256, size=3)))
    ink = "black" if sum(ground) > 380 else "white"  # noqa: PLR2004
    slide = Image.new("RGB", (960, 540), ground)
    pen, left, step = ImageDraw.Draw(slide), int(rng.integers(20, 400)), int(rng.integers(36, 80))
    pen.text((int(rng.integers(20, 300)), 30), text_block(rng, 4, 1), ink, font(int(rng.integers(28, 60))))
    for row in range(int(rng.integers(2, 6))):
        said = f"•  {text_block(rng, int(rng.integers(2, 7)), 1)}"
        pen.text((left, 130 + step * row), said, ink, font(int(0.45 * step)))
    for _ in range(int(rng.integers(2, 7))):
        corner, size = rng.integers((0, 120), (800, 420)), rng.integers(40, 240, size=2)
        fill = tuple(map(int, rng.integers(256, size=3)))
        pen.rounded_rectangle((*map(int, corner), *map(int, corner + size)), 12, fill, ink)
    return slide


def _desktop(rng: np.random.Generator) -> Image.Image:
    """A desktop with icons and several windows of text."""
    desktop = Image.new("RGB", _SCREEN, tuple(map(int, rng.integers(200, size=3))))
    pen = ImageDraw.Draw(desktop)
    for row in range(int(rng.integers(2, 8))):
        fill = tuple(map(int, rng.integers(80, 256, size=3)))
        pen.rounded_rectangle((24, 24 + 84 * row, 72, 72 + 84 * row), 8, fill)
        pen.text((20, 76 + 84 * row), text_block(rng, 1, 1), "white", font(12))
    for _ in range(int(rng.integers(1, 4))):
        left, top = int(rng.integers(100, 500)), int(rng.integers(20, 320))
        inside = window(
            pen, (left, top, left + 480, top + 380), text_block(rng, 3, 1), light=happens(rng, 0.6)
        )
        pen.multiline_text(inside[:2], text_block(rng, 7, 14), (120, 130, 140), font(15))
    return desktop


_DOCUMENTS = {
    "letter": _letter,
    "table": _table,
    "chart": _chart,
    "slide": _presentation,
    "desktop": _desktop,
}
