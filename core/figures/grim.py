"""GRIM test: which numbers of images fit a table of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.figures.style import ESTIMATE_COLOUR, HEIGHT, MARGIN, MARK_COLOUR, MUTED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HALF_STROKE = 0.1  # shares


def denominators(
    numbers: NDArray[np.int64],
    fitting: NDArray[np.int64],
    shares: int,
    *,
    tried: int | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """Draw how many of the shares each number of images can give, and mark the numbers that give all.

    Args:
        numbers: numbers of images, rising, int64 [N].
        fitting: shares that fit each number, int64 [N], from ``core.paper.grim.fitting``.
        shares: number of shares.
        tried: number of images to mark with a line.
        height: height of the figure, pixels.
    """
    whole = fitting == shares
    figure = go.Figure()
    some = zip(numbers[~whole].tolist(), fitting[~whole].tolist(), strict=True)
    # One path of strokes: with a marker for each number, a browser draws for half a second.
    figure.add_shape(
        type="path",
        path=" ".join(f"M{number},{fit - _HALF_STROKE:.2f}V{fit + _HALF_STROKE:.2f}" for number, fit in some),
        line={"width": 2, "color": MUTED},
    )
    figure.add_scatter(  # the text at the pointer
        x=numbers[~whole],
        y=fitting[~whole],
        mode="none",
        showlegend=False,
        hovertemplate="%{x} images: %{y} fit<extra></extra>",
    )
    figure.add_scatter(  # the legend
        x=[None],
        y=[None],
        name="some fit",
        mode="markers",
        marker={"size": 6, "symbol": "line-ns", "line": {"width": 2, "color": MUTED}},
    )
    figure.add_scatter(
        x=numbers[whole],
        y=fitting[whole],
        name="all fit",
        mode="markers",
        marker={"size": 12, "symbol": "diamond", "color": ESTIMATE_COLOUR},
        hovertemplate="%{x} images: all fit<extra></extra>",
    )
    if whole.any():
        first = int(numbers[whole][0])
        figure.add_annotation(x=first, y=shares, text=f"<b>{first}</b>", yshift=20, showarrow=False)
    if tried is not None and numbers[0] <= tried <= numbers[-1]:
        figure.add_vline(x=tried, line={"dash": "dot", "width": 2, "color": MARK_COLOUR})
    figure.update_layout(
        height=height,
        margin=MARGIN,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
    )
    figure.update_xaxes(title="number of images, n", rangemode="tozero")
    figure.update_yaxes(title="shares that are k/n", range=[-0.5, shares * 1.15 + 0.5])
    return figure
