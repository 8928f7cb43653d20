"""How a training went, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.style import HEIGHT, MARGIN, MUTED, TRAINING_COLOUR, VALIDATION_COLOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def training_curve(
    history: pd.DataFrame, measure: str, *, title: str, marks: Mapping[int, str] | None = None
) -> go.Figure:
    """Draw training and validation of one measure by epoch.

    Args:
        history: columns ``epoch``, ``measure`` and ``val_measure``.
        measure: ``loss`` or ``accuracy``.
        title: stands above.
        marks: epoch → words for a vertical line there.
    """
    share = measure == "accuracy"
    figure = go.Figure()
    for column, name, colour, dash, symbol in (
        (measure, "training", TRAINING_COLOUR, "dot", "circle"),
        (f"val_{measure}", "validation", VALIDATION_COLOUR, "solid", "square"),
    ):
        figure.add_scatter(
            x=history["epoch"],
            y=history[column],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"%{{y:{'.1%' if share else '.3f'}}}",
        )
    figure.update_layout(
        title=title,
        height=HEIGHT,
        margin={**MARGIN, "t": 64},
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "bottom", "y": -0.45, "x": 0},
    )
    last = int(history["epoch"].max())
    figure.update_xaxes(title="epoch", dtick=max(1, last // 10), range=[0.7, last + 0.3])
    if share:
        figure.update_yaxes(range=[0, 1.03], tickformat=".0%")
    else:
        figure.update_yaxes(rangemode="tozero")
    for number, (epoch, words) in enumerate((marks or {}).items()):
        figure.add_vline(
            x=epoch,
            line={"dash": "dash", "width": 1.5, "color": MUTED},
            # One above the other, so that the words of neighbouring epochs stay apart.
            annotation={"text": words, "yref": "paper", "y": 0.12 * number},
            annotation_position="bottom left" if epoch > last / 2 else "bottom right",
        )
    return figure
