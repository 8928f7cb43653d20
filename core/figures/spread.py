"""How far a model's answers to changed copies of one image lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.figures.style import MARGIN, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HALF_WIDTH = 0.3


def spread_strips(
    draws: Sequence[Mapping[str, float]], unchanged: Mapping[str, float], class_names: Sequence[str]
) -> go.Figure:
    """Draw one strip per class, the first on top: a dot for each draw, a diamond for the unchanged image.

    Args:
        draws: for each of N draws, class name → probability, 0–1.
        unchanged: the same for the image itself.
        class_names: decide order and colours.
    """
    colours = class_colours(class_names)
    # The same draw has the same height in each strip.
    height = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, len(draws)) if len(draws) > 1 else np.zeros(1)
    figure = go.Figure()
    for index, name in enumerate(class_names):
        values = [draw[name] for draw in draws]
        figure.add_shape(
            type="line",
            x0=min(values),
            x1=max(values),
            y0=index,
            y1=index,
            line={"color": MUTED, "width": 1.5},
        )
        figure.add_scatter(
            x=values,
            y=index + height,
            mode="markers",
            marker={"color": colours[name], "size": 8, "opacity": 0.8},
            customdata=np.arange(1, len(draws) + 1),
            meta=name,
            hovertemplate="draw %{customdata}: %{meta} %{x:.1%}<extra></extra>",
            showlegend=False,
        )
        figure.add_scatter(
            x=[unchanged[name]],
            y=[index],
            mode="markers",
            marker={
                "symbol": "diamond-open",
                "size": 15,
                "color": colours[name],
                "line": {"width": 3, "color": colours[name]},
            },
            meta=name,
            hovertemplate="unchanged: %{meta} %{x:.1%}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(height=80 + 72 * len(class_names), margin={**MARGIN, "t": 16}, hovermode="closest")
    figure.update_xaxes(
        range=[-0.02, 1.02], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], title="probability"
    )
    figure.update_yaxes(
        tickvals=list(range(len(class_names))),
        ticktext=list(class_names),
        range=[len(class_names) - 0.5, -0.5],
        zeroline=False,
        showgrid=False,
    )
    return figure
