"""Predicted probabilities of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import MARGIN, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping


def probability_bars(probabilities: Mapping[str, float], possible_from: float | None = None) -> go.Figure:
    """Draw one bar per class, the first on top.

    Args:
        probabilities: class name → probability, 0–1.
        possible_from: probability from which a class belongs to the conformal set, drawn as a dashed line.
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
    if possible_from is not None and 0 < possible_from <= 1:
        figure.add_vline(
            x=possible_from,
            line={"dash": "dash", "width": 1.5, "color": MUTED},
            annotation={"text": f"possible from {possible_from:.0%}", "yref": "paper"},
            annotation_position="top",
        )
    return figure
