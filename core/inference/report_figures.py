"""The images and charts of a report, as parts of an HTML page that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from core.images.encode import as_png
from core.inference.overlay import tint
from core.palette import ORANGE, rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.images.frame import Box

_SIDE = 560  # pixels: 52 mm at 270 dots per inch
_OPACITY = 0.6
_WIDTH, _HEIGHT, _MARGIN = 600, 100, 6  # of the clip's chart, in its own units
_LINE = "#666666"


def as_uploaded(pixels: NDArray[np.uint8], box: Box | None = None) -> str:
    """Return an image as a ``data:`` URL, so small as a page needs it, with a box drawn around a crop.

    Args:
        pixels: uint8 [H, W, 3].
        box: the crop, or None.
    """
    small = _fitted(pixels)
    if box is not None:
        factor = len(small) / len(pixels)
        left, top, right, bottom = (
            round(factor * value) for value in (box.left, box.top, box.right - 1, box.bottom - 1)
        )
        small = np.array(small)
        cv2.rectangle(small, (left, top), (right, bottom), rgb(ORANGE), 3)
    return _url(small)


def cropped(pixels: NDArray[np.uint8], box: Box) -> str:
    """Return a crop of an image, uint8 [H, W, 3], as a ``data:`` URL."""
    return _url(_fitted(box.crop(pixels)))


def explained(image: NDArray[np.uint8], saliency: NDArray[np.floating], of_class: int) -> str:
    """Return the network input under the saliency map of a class, as a ``data:`` URL.

    Args:
        image: network input, uint8 [S, S, 3].
        saliency: saliency of every class, [C, h, w].
        of_class: index of the class.
    """
    base = Image.fromarray(image).resize((_SIDE, _SIDE), Image.Resampling.NEAREST).convert("RGBA")
    over = Image.fromarray(tint(saliency, of_class, opacity=_OPACITY, side=_SIDE))
    return _url(np.asarray(Image.alpha_composite(base, over).convert("RGB")))


def bar(probability: float, possible_from: float, colour: str) -> str:
    """Return a bar of a probability as SVG, with a line where the class becomes possible.

    Args:
        probability: length of the bar, 0-1.
        possible_from: place of the line, 0-1.
        colour: hex code.
    """
    line = f'x1="{100 * possible_from:.2f}" x2="{100 * possible_from:.2f}" y1="0" y2="8"'
    return (
        '<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * probability:.2f}" height="6" y="1" fill="{colour}"/>'
        f'<line {line} stroke="{_LINE}" stroke-width="1" stroke-dasharray="3 2" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )


def probabilities_over_frames(
    frames: Sequence[int], lines: Sequence[tuple[str, NDArray[np.floating]]], shown: int, alt: str
) -> str:
    """Return the probabilities of a clip's frames as SVG, a line for each class.

    Args:
        frames: numbers of the F frames, rising.
        lines: colour of each class as a hex code, and its probability in each frame, [F].
        shown: number of the frame that is marked.
        alt: content of the chart in words, as HTML.
    """
    first, span = frames[0], max(frames[-1] - frames[0], 1)

    def across(frame: int) -> float:
        return _MARGIN + (frame - first) / span * (_WIDTH - 2 * _MARGIN)

    drawn = []
    for colour, values in lines:
        points = " ".join(
            f"{across(frame):.1f},{_MARGIN + (1 - float(value)) * (_HEIGHT - 2 * _MARGIN):.1f}"
            for frame, value in zip(frames, values, strict=True)
        )
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
            'vector-effect="non-scaling-stroke"/>'
        )
    marks = [
        f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y}" y2="{y}" stroke="{_LINE}"/>'
        for y in (_MARGIN, _HEIGHT - _MARGIN)
    ]
    marks.append(
        f'<line x1="{across(shown):.1f}" x2="{across(shown):.1f}" y1="0" y2="{_HEIGHT}" stroke="{_LINE}" '
        'stroke-dasharray="4"/>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{alt}">'
        f"{''.join(marks)}{''.join(drawn)}</svg>"
    )


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels)
    image.thumbnail((_SIDE, _SIDE))
    return np.asarray(image)


def _url(pixels: NDArray[np.uint8]) -> str:
    return f"data:image/png;base64,{b64encode(as_png(pixels)).decode()}"
