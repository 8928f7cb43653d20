"""Reliability diagram: accuracy by predicted probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.style import CLASS_COLOURS, HEIGHT, MARGIN, MUTED

if TYPE_CHECKING:
    import pandas as pd


def reliability(table: pd.DataFrame) -> go.Figure:
    """Draw the accuracy over the mean probability of each bin, and below it the number of images per bin.

    Args:
        table: result of ``core.evaluation.calibration.reliability``.
    """
    filled = table[table["images"] > 0]
    middles, widths = (filled["low"] + filled["high"]) / 2, filled["high"] - filled["low"]
    figure = go.Figure()
    figure.add_scatter(
        x=filled["confidence"],
        y=filled["accuracy"],
        error_y={
            "array": filled["accuracy_high"] - filled["accuracy"],
            "arrayminus": filled["accuracy"] - filled["accuracy_low"],
            "color": CLASS_COLOURS[0],
            "thickness": 1.5,
        },
        customdata=filled[["images", "accuracy_low", "accuracy_high"]],
        name="accuracy",
        mode="markers",
        marker={"color": CLASS_COLOURS[0], "size": 9},
        hovertemplate="mean probability %{x:.1%}: accuracy %{y:.1%} of %{customdata[0]} images"
        " (%{customdata[1]:.1%} to %{customdata[2]:.1%})<extra></extra>",
    )
    figure.add_bar(
        x=middles,
        y=filled["images"],
        width=widths * 0.94,
        yaxis="y2",
        name="images",
        text=filled["images"],
        textposition="outside",
        cliponaxis=False,
        marker_color=MUTED,
        customdata=filled[["low", "high"]],
        hovertemplate="%{y} images from %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
    )
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": MUTED, "dash": "dot", "width": 1.5})
    figure.update_layout(
        height=HEIGHT + 160,
        margin={**MARGIN, "r": 28},
        showlegend=False,
        yaxis={"title": "accuracy", "domain": [0.36, 1], "range": [0, 1.03], "tickformat": ".0%"},
        yaxis2={"title": "images", "domain": [0, 0.24], "anchor": "x", "rangemode": "tozero"},
    )
    figure.update_xaxes(
        title="probability of the predicted class",
        range=[0, 1.01],
        dtick=0.2,
        tickformat=".0%",
        anchor="y2",
        fixedrange=True,
    )
    figure.update_yaxes(fixedrange=True)
    return figure
