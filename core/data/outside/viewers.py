"""Breast ultrasound images in frames: viewers, scanner screens, reports, slides and browser windows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from core.data.halves import hash_of
from core.data.outside.drawing import font, text_block, window
from core.data.outside.motif import Motif, generator_of, happens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from core.data.outside.motif import Pixels

    Box = tuple[int, int, int, int]

_SCREEN = (1024, 768)  # width and height, pixels


def motifs(home: Mapping[str, Callable[[], Pixels]], seed: int) -> list[Motif]:
    """Return a motif for each breast ultrasound image, one image in a frame each.

    Args:
        home: name of an image → function that reads it, uint8 [H, W, 3].
        seed: random seed of the frames, which depend on nothing else than the image's name.
    """
    frames = list(_FRAMES.items())
    found = []
    for name, read in home.items():
        what, frame = frames[hash_of(seed, f"frame of {name}") % len(frames)]
        found.append(
            Motif("viewer frames", f"{what} around {name}", partial(_image, frame, read, seed, name))
        )
    return found


def _image(
    frame: Callable[[Image.Image, np.random.Generator], Image.Image],
    read: Callable[[], Pixels],
    seed: int,
    name: str,
) -> Iterator[Pixels]:
    yield np.asarray(frame(Image.fromarray(read()), generator_of(seed, name)))


def _viewer(shown: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A DICOM viewer with tools, a list of series and text in the corners."""
    screen = Image.new("RGB", _SCREEN)
    pen, light = ImageDraw.Draw(screen), happens(rng, 0.5)
    left, top, right, bottom = window(pen, (0, 0, 1023, 767), text_block(rng, 4, 1), light=light)
    for number in range(int(rng.integers(6, 14))):
        pen.rounded_rectangle(
            (left + 44 * number, top, left + 44 * number + 34, top + 34), 5, (110, 116, 128)
        )
    panel = int(rng.integers(120, 260))
    for number in range(4):
        thumbnail = shown.resize((panel - 20, 110))
        screen.paste(thumbnail, (left, top + 50 + 122 * number))
    inside = (left + panel, top + 46, right, bottom)
    pen.rectangle(inside, "black")
    _place(screen, shown, inside, rng.uniform(0.6, 1), rng)
    for corner in ((inside[0] + 6, inside[1] + 4), (inside[2] - 150, inside[3] - 70)):
        pen.multiline_text(corner, text_block(rng, 2, 3), (230, 220, 120), font(13))
    return screen


def _scanner(shown: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A scanner's screen with settings, a grey-scale bar and the ticks of a ruler."""
    screen = Image.new("RGB", _SCREEN, tuple(map(int, rng.integers(40, size=3))))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 1023, int(rng.integers(28, 60))), (58, 62, 74))
    pen.text((14, 8), text_block(rng, 6, 1), (205, 205, 190), font(16))
    pen.multiline_text((10, 100), text_block(rng, 2, int(rng.integers(4, 14))), (205, 205, 190), font(15))
    for row in range(256):
        pen.line((990, 120 + row, 1006, 120 + row), (255 - row,) * 3)
    for row in range(80, 720, 32):
        pen.line((970, row, 980, row), (205, 205, 190))
    _place(screen, shown, (180, 70, 960, 740), rng.uniform(0.6, 1), rng)
    return screen


def _report(shown: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A page of a report with one or two images."""
    page = Image.new("RGB", (620, 877), "white")
    pen = ImageDraw.Draw(page)
    pen.text((50, 40), text_block(rng, 3, 1), "black", font(28))
    pen.multiline_text((50, 90), text_block(rng, 9, int(rng.integers(3, 9))), "black", font(13))
    middle = int(rng.integers(240, 320))
    _place(page, shown, (50, middle, 570, middle + 380), rng.uniform(0.7, 1), rng)
    pen.multiline_text((50, middle + 400), text_block(rng, 9, 8), "black", font(13))
    return page


def _slide(shown: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A slide with a title, the image on one side and bullets on the other."""
    slide = Image.new("RGB", (960, 540), tuple(map(int, rng.integers(200, 256, size=3))))
    pen = ImageDraw.Draw(slide)
    pen.text((40, 24), text_block(rng, 4, 1), "black", font(40))
    for row in range(4):
        pen.text((520, 130 + 70 * row), f"•  {text_block(rng, 3, 1)}", "black", font(24))
    _place(slide, shown, (30, 110, 500, 520), rng.uniform(0.8, 1), rng)
    return slide


def _browser(shown: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A web page in a browser, with the image between lines of text."""
    screen = Image.new("RGB", _SCREEN, "white")
    pen = ImageDraw.Draw(screen)
    left, top, right, bottom = window(pen, (0, 0, 1023, 767), text_block(rng, 3, 1), light=True)
    pen.rounded_rectangle((left, top, right, top + 26), 12, (235, 238, 242))
    pen.multiline_text((left + 20, top + 40), text_block(rng, 12, 3), (60, 60, 60), font(16))
    _place(screen, shown, (left + 20, top + 120, right - 300, bottom - 60), rng.uniform(0.8, 1), rng)
    pen.multiline_text((right - 270, top + 130), text_block(rng, 3, 16), (40, 90, 160), font(16))
    pen.text((left + 20, bottom - 40), text_block(rng, 10, 1), (60, 60, 60), font(16))
    return screen


def _place(screen: Image.Image, shown: Image.Image, box: Box, share: float, rng: np.random.Generator) -> None:
    """Put an image into a box, in its proportions, as high as a share of what fits."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = share * min(width / shown.width, height / shown.height)
    size = (max(1, round(shown.width * scale)), max(1, round(shown.height * scale)))
    left = box[0] + int(rng.integers(width - size[0] + 1))
    top = box[1] + int(rng.integers(height - size[1] + 1))
    screen.paste(shown.resize(size, Image.Resampling.BILINEAR), (left, top))


_FRAMES = {
    "viewer": _viewer,
    "scanner's screen": _scanner,
    "report": _report,
    "slide": _slide,
    "browser": _browser,
}
