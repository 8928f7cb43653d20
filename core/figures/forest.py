"""Forest plot: estimates with their confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.style import ESTIMATE_COLOUR, MARGIN, MUTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.evaluation.repeated_splits import RepeatedMetric


def forest(
    rows: Mapping[str, RepeatedMetric],
    title: str,
    *,
    reported: float | None = None,
    reported_by: str = "",
    height: int | None = None,
) -> go.Figure:
    """Draw one mean with its confidence interval for each row, the first on top.

    Args:
        rows: label (``<br>`` breaks the line) → mean and confidence interval, 0-1.
        title: title of the axis.
        reported: reported value, 0-1, drawn as a dashed line.
        reported_by: label of that line.
        height: height of the figure, pixels; None gives each row the same.
    """
    names, values = list(rows), list(rows.values())
    figure = go.Figure(
        go.Scatter(
            x=[each.mean for each in values],
            y=names,
            mode="markers",
            marker={"size": 12, "color": ESTIMATE_COLOUR},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [each.high - each.mean for each in values],
                "arrayminus": [each.mean - each.low for each in values],
                "thickness": 3,
                "width": 7,
                "color": ESTIMATE_COLOUR,
            },
            customdata=[[each.low, each.high] for each in values],
            hovertemplate="%{x:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
        )
    )
    for name, each in rows.items():
        # Ends before the reported value, whose line must not cross the text.
        crossed = reported is not None and each.low < reported <= each.high
        figure.add_annotation(
            x=reported if crossed else each.high,
            y=name,
            xanchor="right",
            xshift=-5 if crossed else 0,
            yshift=20,
            text=f"{each.mean:.1%} ({each.low:.1%}–{each.high:.1%})",
            showarrow=False,
        )
    shares = [*(each.low for each in values), *(each.high for each in values), reported or 1]
    # Room on the left for the text above an interval.
    figure.update_xaxes(
        range=[min(shares) - 0.16, max(1, *shares) + 0.05], tickformat=".0%", title=title, fixedrange=True
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.75], title=None, type="category", showgrid=False, fixedrange=True
    )
    figure.update_layout(height=height or 110 + 78 * len(rows), margin={**MARGIN, "t": 32}, showlegend=False)
    if reported is not None:
        figure.add_vline(
            x=reported,
            line={"dash": "dash", "width": 2, "color": MUTED},
            annotation={"text": reported_by, "yref": "paper"},
            annotation_position="top",
        )
    return figure
