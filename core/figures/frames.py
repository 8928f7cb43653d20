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


def frame_probabilities(
    probabilities: Mapping[str, Sequence[float | None]], chosen: int, seconds: Sequence[float] = ()
) -> go.Figure:
    """Draw a line for each class over the frames of a clip, to choose one by a click.

    Args:
        probabilities: class name → its probability in each frame, 0–1, [N]; None in a frame without a
            prediction, where the line has a gap.
        chosen: number of the chosen frame, from 0.
        seconds: time of each frame, seconds, rising, [N]; empty where it is not known, and the axis has the
            numbers of the frames.
    """
    colours = class_colours(list(probabilities))
    count = len(next(iter(probabilities.values())))
    places = list(seconds) or [number + 1 for number in range(count)]
    # Half of what lies between two frames: the first and the last one are as far from the edge.
    margin = (places[-1] - places[0]) / (2 * (count - 1)) if count > 1 else 1
    data: list[dict[str, Any]] = []
    for (name, values), dash in zip(probabilities.items(), cycle(_DASHES), strict=False):
        # The title over all lines can have no number but that of the axis.
        frame = ", frame %{customdata[1]}" if seconds and not data else ""
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plotly(name),
                "x": places,
                "y": list(values),
                "customdata": [[number, number + 1] for number in range(count)],
                "line": {"color": colours[name], "width": 2, "dash": dash},
                "marker": {"color": colours[name], "size": 6 if len(values) <= _MARKED else 3},
                # A click says nothing of the other frames: they do not fade.
                "unselected": {"marker": {"opacity": 1}},
                "hovertemplate": f"%{{y:.1%}}{frame}",
            }
        )
    return go.Figure(
        data=data,
        layout={
            "height": _HEIGHT,
            "margin": {**MARGIN, "t": 28},
            "hovermode": "x unified",
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0, "traceorder": "normal"},
            "xaxis": {
                "title": {"text": "seconds" if seconds else "frame", "standoff": 4},
                "range": [places[0] - margin, places[-1] + margin],
                "fixedrange": True,
                "tickformat": "" if seconds else ",d",
                "nticks": 8,
                "unifiedhovertitle": {"text": "%{x:.2f} s" if seconds else "frame %{x}"},
            },
            "yaxis": {"range": [0, 1.02], "dtick": 0.25, "tickformat": ".0%", "fixedrange": True},
            "shapes": [
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": places[chosen],
                    "x1": places[chosen],
                    "y0": 0,
                    "y1": 1,
                    "line": {"width": 2, "color": MUTED},
                    "layer": "below",
                }
            ],
        },
    )
