"""Workflow from images to a prediction: the steps of the paper's Figure 3, and those that are added."""

from __future__ import annotations

from typing import NamedTuple

import plotly.graph_objects as go

from core.figures.style import ESTIMATE_COLOUR, MUTED


class Step(NamedTuple):
    """One step: its title, lines of at most 24 characters, and whether it is added to the paper."""

    title: str
    lines: tuple[str, ...]
    added: bool


STEPS = (
    Step("1  Images", ("benign, malignant,", "normal"), added=False),
    Step("2  Near-duplicates", ("are found and put", "into groups"), added=True),
    Step("3  Split", ("training, validation,", "test; groups stay whole"), added=True),
    Step("4  Augmentation", ("training images are", "rotated and zoomed"), added=False),
    Step("5  Training", ("ImageNet weights, a new", "head, best epoch kept"), added=False),
    Step("6  Test", ("on unseen images, with", "confidence intervals"), added=True),
    Step("7  Published model", ("one commit: network,", "curves, test predictions"), added=True),
    Step("8  Prediction", ("calibrated probabilities,", "or “not sure”"), added=True),
)
_COLUMNS = 2
_WIDTH, _HEIGHT = 0.46, 0.66  # of a box: share of the width, and rows


def workflow() -> go.Figure:
    """Draw the steps as boxes in two columns; the direction of reading changes with each row."""
    figure = go.Figure()
    for number, step in enumerate(STEPS):
        x, y = _place(number)
        figure.add_shape(
            type="rect",
            x0=x - _WIDTH / 2,
            x1=x + _WIDTH / 2,
            y0=y - _HEIGHT / 2,
            y1=y + _HEIGHT / 2,
            line={
                "color": ESTIMATE_COLOUR if step.added else MUTED,
                "width": 3 if step.added else 1.5,
                "dash": "solid" if step.added else "dot",
            },
        )
        figure.add_annotation(
            x=x,
            y=y,
            text="<br>".join([f"<b>{step.title}</b>", *step.lines]),
            showarrow=False,
            font={"size": 12},
        )
        if number:
            _arrow(figure, _place(number - 1), (x, y))
    rows = -(-len(STEPS) // _COLUMNS)
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    figure.update_layout(height=104 * rows, margin={"l": 2, "r": 2, "t": 2, "b": 2}, hovermode=False)
    return figure


def describe() -> str:
    """Return the steps as a sentence, for screen readers."""
    steps = [
        f"{step.title.replace('  ', ' ')}: {' '.join(step.lines)}{' (added)' if step.added else ''}"
        for step in STEPS
    ]
    return f"The workflow in {len(STEPS)} steps; some are added to the paper's. {'; '.join(steps)}."


def _place(number: int) -> tuple[float, float]:
    """Return the centre of a box: odd rows run from right to left."""
    row, column = divmod(number, _COLUMNS)
    if row % 2:
        column = _COLUMNS - 1 - column
    return (0.24 + 0.52 * column, float(row))


def _arrow(figure: go.Figure, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x0, y0), (x1, y1) = start, end
    side, down = (x1 > x0) - (x1 < x0), y1 > y0
    figure.add_annotation(
        ax=x0 + side * _WIDTH / 2,
        x=x1 - side * _WIDTH / 2,
        ay=y0 + (_HEIGHT / 2 if down else 0),
        y=y1 - (_HEIGHT / 2 if down else 0),
        axref="x",
        ayref="y",
        xref="x",
        yref="y",
        text="",
        showarrow=True,
        arrowhead=2,
        arrowwidth=2,
        arrowcolor=MUTED,
    )
