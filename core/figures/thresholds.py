"""Sensitivity and specificity by threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import HEIGHT, MARGIN, MUTED, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def tradeoff(
    table: pd.DataFrame, positive_class: str, marks: Mapping[str, float], *, colour: str
) -> go.Figure:
    """Draw sensitivity and specificity by threshold, with their 95 % confidence intervals as bands.

    Args:
        table: result of ``core.evaluation.ranking.tradeoff``.
        positive_class: name of the positive class.
        marks: label → threshold of a vertical line.
        colour: colour of the positive class, #RRGGBB; the dash tells the lines apart without it.
    """
    data: list[dict[str, Any]] = []
    # Specificity is of no single class.
    for name, line, dash in (("sensitivity", colour, "solid"), ("specificity", NEUTRAL, "dash")):
        # A row holds up to its threshold, so each step goes up or down first: "vh".
        step = {"type": "scatter", "x": table["threshold"], "mode": "lines"}
        bounds = {**step, "line": {"width": 0, "shape": "vh"}, "hoverinfo": "skip", "showlegend": False}
        data += [
            {**bounds, "y": table[f"{name}_low"]},
            {**bounds, "y": table[f"{name}_high"], "fill": "tonexty", "fillcolor": _faint(line)},
            {
                **step,
                "y": table[name],
                "customdata": table[[f"{name}_low", f"{name}_high"]],
                "name": name,
                "line": {"color": line, "dash": dash, "width": 2, "shape": "vh"},
                "hovertemplate": "%{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})",
            },
        ]
    return go.Figure(
        data=data,
        layout={
            "height": HEIGHT + 120,
            "margin": {**MARGIN, "t": 48, "r": 28},
            "hovermode": "x unified",
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0, "traceorder": "normal"},
            "xaxis": {
                "title": f"threshold for {plotly(positive_class)}",
                "range": [0, 1],
                "dtick": 0.2,
                "tickformat": ".0%",
                "hoverformat": ".1%",
                "fixedrange": True,
            },
            "yaxis": {"range": [0, 1.02], "dtick": 0.2, "tickformat": ".0%", "fixedrange": True},
            "shapes": [
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": threshold,
                    "x1": threshold,
                    "y0": 0,
                    "y1": 1,
                    "line": {"dash": "dot" if number else "dashdot", "width": 1.5, "color": MUTED},
                }
                for number, threshold in enumerate(marks.values())
            ],
            "annotations": [
                {
                    "text": text,
                    "showarrow": False,
                    "x": threshold,
                    "xanchor": "left" if threshold < 0.5 else "right",  # noqa: PLR2004
                    "yref": "paper",
                    "yanchor": "bottom",
                    # One above the other, so that neighbouring texts stay apart.
                    "y": 1 + 0.055 * number,
                }
                for number, (text, threshold) in enumerate(marks.items())
            ],
        },
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.15)"
