"""Small figures for cards, as ``data:`` URLs of SVG files: on black, as images are, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from core.figures.style import ESTIMATE_COLOUR, MUTED, TRAINING_COLOUR, VALIDATION_COLOUR, class_colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SIDE = 100
_EDGE = 14


def probabilities(values: Mapping[str, float]) -> str:
    """Draw one bar for each class.

    Args:
        values: class name → probability, 0–1.
    """
    height = (_SIDE - 2 * _EDGE) / len(values)
    colours = class_colours(list(values)).values()
    return _svg(
        f'<rect x="{_EDGE}" y="{_EDGE + row * height + height / 6:.1f}" height="{height * 2 / 3:.1f}" '
        f'width="{max(value * (_SIDE - 2 * _EDGE), 1):.1f}" fill="{colour}"/>'
        for row, (value, colour) in enumerate(zip(values.values(), colours, strict=True))
    )


def curves(training: Sequence[float], validation: Sequence[float]) -> str:
    """Draw two curves of N values, 0–1, one for each epoch."""
    return _svg(
        f'<polyline points="{_points(values)}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        for values, colour in ((training, TRAINING_COLOUR), (validation, VALIDATION_COLOUR))
    )


def intervals(rows: Sequence[tuple[float, float, float]], reported: float) -> str:
    """Draw intervals below one another, beside a reported value.

    Args:
        rows: estimate, lower and upper bound of each, 0–1.
        reported: value of the dashed line, 0–1.
    """
    lowest = min(low for _, low, _ in rows)
    scale = (_SIDE - 2 * _EDGE) / (1 - lowest)
    height = (_SIDE - 2 * _EDGE) / len(rows)

    def x(value: float) -> str:
        return f"{_EDGE + scale * (value - lowest):.1f}"

    shapes = [
        (
            f'<line x1="{x(reported)}" x2="{x(reported)}" y1="{_EDGE}" y2="{_SIDE - _EDGE}" stroke="{MUTED}" '
            'stroke-width="1.5" stroke-dasharray="4"/>'
        )
    ]
    for number, (estimate, low, high) in enumerate(rows):
        y = f"{_EDGE + height * (number + 0.5):.1f}"
        shapes.append(
            f'<line x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}" stroke="{ESTIMATE_COLOUR}" '
            f'stroke-width="3"/><circle cx="{x(estimate)}" cy="{y}" r="5" fill="{ESTIMATE_COLOUR}"/>'
        )
    return _svg(shapes)


def matrix(counts: Sequence[Sequence[int]]) -> str:
    """Draw a confusion matrix as squares, opaque where all images of a true class are.

    Args:
        counts: rows are true classes, columns are predicted ones.
    """
    cell = (_SIDE - 2 * _EDGE) / len(counts)
    return _svg(
        f'<rect x="{_EDGE + column * cell:.1f}" y="{_EDGE + row * cell:.1f}" width="{cell - 2:.1f}" '
        f'height="{cell - 2:.1f}" fill="{ESTIMATE_COLOUR}" '
        f'fill-opacity="{0.15 + 0.85 * count / max(sum(of_class), 1):.2f}"/>'
        for row, of_class in enumerate(counts)
        for column, count in enumerate(of_class)
    )


def question(image: str) -> str:
    """Draw an image behind a question mark.

    Args:
        image: the image, square, as a ``data:`` URL.
    """
    middle = _SIDE // 2
    mark = (
        f'<text x="{middle}" y="{middle}" dy="0.36em" text-anchor="middle" font-size="62" '
        'font-family="sans-serif" font-weight="bold" fill="#FFFFFF">?</text>'
    )
    return _svg([f'<image href="{image}" width="{_SIDE}" height="{_SIDE}" opacity="0.55"/>', mark])


def _points(values: Sequence[float]) -> str:
    room = _SIDE - 2 * _EDGE
    return " ".join(
        f"{_EDGE + room * number / max(len(values) - 1, 1):.1f},{_SIDE - _EDGE - room * value:.1f}"
        for number, value in enumerate(values)
    )


def _svg(parts: Iterable[str]) -> str:
    shapes = "".join(parts)
    return "data:image/svg+xml," + quote(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}">{shapes}</svg>'
    )
