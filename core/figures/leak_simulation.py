"""Accuracy of a near-duplicate look-up in many splits of the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.figures.style import ESTIMATE_COLOUR, MARGIN, MARK_COLOUR, MUTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.data.leak_simulation import Leak


def lookup_accuracy(
    ways: Mapping[str, Sequence[Leak]], majority_accuracy: float, *, height: int | None = None
) -> go.Figure:
    """Draw the accuracy of the look-up in each of many splits, a row for each way of splitting.

    Args:
        ways: label of a split method → leak of each split; the first is marked.
        majority_accuracy: accuracy of always predicting the most frequent class, 0-1, drawn as a dashed line.
        height: height of the figure, pixels; None gives each row the same.
    """
    figure = go.Figure()
    for row, (name, outcomes) in enumerate(ways.items()):
        accuracies = np.array([each.lookup_accuracy for each in outcomes])
        # Spread by rank, so that no two points of a row hide one another.
        offset = row + 0.5 * ((np.arange(len(accuracies)) * 0.618) % 1 - 0.5)
        figure.add_scatter(
            x=accuracies[1:],
            y=offset[1:],
            mode="markers",
            marker={"size": 7, "color": ESTIMATE_COLOUR, "opacity": 0.45},
            hovertemplate=f"{name}: %{{x:.1%}}<extra></extra>",
            name="another split",
            showlegend=row == 0,
        )
        figure.add_scatter(
            x=accuracies[:1],
            y=[row],
            mode="markers",
            marker={
                "size": 15,
                "symbol": "diamond",
                "color": MARK_COLOUR,
                "line": {"width": 1.5, "color": "white"},
            },
            hovertemplate=f"{name}, this split: %{{x:.1%}}<extra></extra>",
            name="this split",
            showlegend=row == 0,
        )
    figure.add_vline(
        x=majority_accuracy,
        line={"dash": "dash", "width": 2, "color": MUTED},
        annotation={"text": "guessing", "yref": "paper"},
        annotation_position="top",
    )
    figure.update_xaxes(
        title="accuracy of the look-up",
        tickformat=".0%",
        range=[max(0, majority_accuracy - 0.25), 1.02],
        fixedrange=True,
    )
    figure.update_yaxes(
        tickvals=list(range(len(ways))), ticktext=list(ways), range=[len(ways) - 0.4, -0.6], fixedrange=True
    )
    figure.update_layout(
        height=height or 130 + 90 * len(ways),
        margin={**MARGIN, "t": 32},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "xanchor": "right", "x": 1},
    )
    return figure
