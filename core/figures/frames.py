"""Predicted probabilities over the frames of a clip."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import MARGIN, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HEIGHT = 220
_DASHES = ("solid", "dash", "dot", "dashdot")  # tell classes apart without their colours
# Up to so many frames each has a mark that can be clicked by itself; of more, marks would cover one another.
_MARKED = 120


def frame_probabilities(probabilities: Mapping[str, Sequence[float | None]], chosen: int) -> go.Figure:
    """Draw a line for each class over the frames of a clip, to choose one by a click.

    Args:
        probabilities: class name → its probability in each frame, 0–1, [N]; None in a frame without a
            prediction, where the line has a gap.
        chosen: number of the chosen frame, from 0.
    """
    colours = class_colours(list(probabilities))
    data: list[dict[str, Any]] = []
    for (name, values), dash in zip(probabilities.items(), cycle(_DASHES), strict=False):
        numbers = range(len(values))
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plotly(name),
                "x": [number + 1 for number in numbers],
                "y": list(values),
                "customdata": [[number] for number in numbers],
                "line": {"color": colours[name], "width": 2, "dash": dash},
                "marker": {"color": colours[name], "size": 6 if len(values) <= _MARKED else 3},
                # A click says nothing of the other frames: they do not fade.
                "unselected": {"marker": {"opacity": 1}},
                "hovertemplate": "%{y:.1%}",
            }
        )
    count = len(next(iter(probabilities.values())))
    return go.Figure(
        data=data,
        layout={
            "height": _HEIGHT,
            "margin": {**MARGIN, "t": 28},
            "hovermode": "x unified",
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0, "traceorder": "normal"},
            "xaxis": {
                "title": {"text": "frame", "standoff": 4},
                "range": [0.5, count + 0.5] if count > 1 else [0, 2],
                "fixedrange": True,
                "tickformat": ",d",
                "nticks": 8,
            },
            "yaxis": {"range": [0, 1.02], "dtick": 0.25, "tickformat": ".0%", "fixedrange": True},
            "shapes": [
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": chosen + 1,
                    "x1": chosen + 1,
                    "y0": 0,
                    "y1": 1,
                    "line": {"width": 2, "color": MUTED},
                    "layer": "below",
                }
            ],
        },
    )
