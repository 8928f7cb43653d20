"""Which classes are mistaken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.figures.style import CLASS_COLOURS, MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_MATRIX_COLOURS = ("#EEF3F8", "#08457E")


def row_shares(counts: ArrayLike) -> np.ndarray:
    """Divide each row of counts, int [C, C], by its sum: float64 [C, C]; a class without pictures gets 0."""
    matrix = np.asarray(counts, np.float64)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


def confusion_matrix(
    counts: ArrayLike,
    class_names: Sequence[str],
    *,
    as_shares: bool = False,
    cell: tuple[int, int] | None = None,
) -> go.Figure:
    """Draw a confusion matrix whose cells can be clicked.

    A click on a heatmap does not reach Streamlit, one on a scatter point does: an invisible square lies over
    each cell, and its ``customdata`` is [row, column].

    Args:
        counts: int [C, C], rows true, columns predicted classes.
        class_names: C names.
        as_shares: write the share of the row; the colour is that of the share in any case.
        cell: row and column of the cell to frame.
    """
    matrix, shares, names = np.asarray(counts, np.int64), row_shares(counts), list(class_names)
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=[[0, _MATRIX_COLOURS[0]], [1, _MATRIX_COLOURS[1]]],
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    labels = [
        f"{shares[row, column]:.0%}" if as_shares else str(matrix[row, column])
        for row, column in zip(rows, columns, strict=True)
    ]
    invisible = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=[names[column] for column in columns],
        y=[names[row] for row in rows],
        mode="markers+text",
        marker={"symbol": "square", "size": 64, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        text=labels,
        textfont={
            "size": 18,
            "color": [_ink(shares[row, column]) for row, column in zip(rows, columns, strict=True)],
        },
        customdata=np.stack([rows, columns], axis=1).tolist(),
        hovertext=[
            f"{matrix[row, column]} of {matrix[row].sum()} {names[row]} pictures called {names[column]}"
            for row, column in zip(rows, columns, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    figure.update_layout(
        height=120 + 96 * len(names), margin=MARGIN, clickmode="event+select", dragmode=False
    )
    figure.update_xaxes(title="predicted class", side="top", type="category", showgrid=False, fixedrange=True)
    figure.update_yaxes(
        title="true class", autorange="reversed", type="category", showgrid=False, fixedrange=True
    )
    if cell is not None:
        row, column = cell
        figure.add_shape(
            type="rect",
            x0=column - 0.48,
            x1=column + 0.48,
            y0=row - 0.48,
            y1=row + 0.48,
            line={"color": CLASS_COLOURS[1], "width": 4},
        )
    return figure


def _ink(share: float) -> str:
    """Black or white, whichever reads better on a cell of this share."""
    return "#FFFFFF" if share > 0.6 else "#16202A"  # noqa: PLR2004
