"""Predicted probabilities of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import MARGIN, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping


def probability_bars(
    probabilities: Mapping[str, float], possible_from: Mapping[str, float] | None = None
) -> go.Figure:
    """Draw one bar per class, the first on top.

    Args:
        probabilities: class name → probability, 0–1.
        possible_from: probability from which each class belongs to the conformal set, drawn as dashed lines.
    """
    names, values = list(map(plotly, probabilities)), list(probabilities.values())
    colours, places = class_colours(list(probabilities)), list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=values,
            y=places,
            customdata=names,
            orientation="h",
            marker_color=list(colours.values()),
            hovertemplate="%{customdata}: %{x:.1%}<extra></extra>",
        )
    )
    # In a column of their own, where no bar and no line crosses them.
    for place, value in zip(places, values, strict=True):
        figure.add_annotation(x=1.02, y=place, text=f"{value:.1%}", showarrow=False, xanchor="left")
    figure.update_layout(height=60 + 44 * len(names), margin={**MARGIN, "t": 24}, showlegend=False)
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], title=None)
    figure.update_yaxes(autorange="reversed", title=None, tickvals=places, ticktext=names)
    limits = [] if possible_from is None else [possible_from[name] for name in probabilities]
    line = {"dash": "dash", "width": 1.5, "color": MUTED}
    if len(set(limits)) == 1 and 0 < limits[0] <= 1:
        figure.add_vline(
            x=limits[0],
            line=line,
            annotation={"text": f"possible from {limits[0]:.0%}", "yref": "paper"},
            annotation_position="top",
        )
    elif len(set(limits)) > 1:
        for place, limit in zip(places, limits, strict=True):
            if 0 < limit <= 1:
                figure.add_shape(type="line", x0=limit, x1=limit, y0=place - 0.5, y1=place + 0.5, line=line)
    return figure
