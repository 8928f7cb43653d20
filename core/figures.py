"""Plotly figures as pure functions of data. Backgrounds and fonts are left to the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

# Of Okabe and Ito's palette (2008) the colours with a contrast of at least 3 on white and on near-black.
CLASS_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7F7F7F")
TRAINING_COLOUR, VALIDATION_COLOUR = "#0072B2", "#D55E00"
# Visible on both themes; words beside such a line take the theme's own colour.
MUTED = "#808495"
_MATRIX_COLOURS = ("#EEF3F8", "#08457E")
_HEIGHT = 320
_MARGIN = {"l": 8, "r": 8, "t": 40, "b": 8}


def class_colours(class_names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each class: the same on every page, from the sixth class on repeated."""
    return {name: CLASS_COLOURS[index % len(CLASS_COLOURS)] for index, name in enumerate(class_names)}


def probability_bars(probabilities: Mapping[str, float], possible_from: float | None = None) -> go.Figure:
    """Draw one bar for each class, the first on top.

    Args:
        probabilities: class name → 0–1.
        possible_from: the probability from which a class belongs to the conformal set, drawn as a line.
    """
    names, values = list(probabilities), list(probabilities.values())
    colours = class_colours(names)
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker_color=[colours[name] for name in names],
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    # In a column of their own, where no bar and no line crosses them.
    for name, value in probabilities.items():
        figure.add_annotation(x=1.02, y=name, text=f"{value:.1%}", showarrow=False, xanchor="left")
    figure.update_layout(height=60 + 44 * len(names), margin={**_MARGIN, "t": 24}, showlegend=False)
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], title=None)
    figure.update_yaxes(autorange="reversed", title=None, type="category")
    if possible_from is not None and 0 < possible_from <= 1:
        figure.add_vline(
            x=possible_from,
            line={"dash": "dash", "width": 1.5, "color": MUTED},
            annotation={"text": f"possible from {possible_from:.0%}", "yref": "paper"},
            annotation_position="top",
        )
    return figure


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
        height=_HEIGHT,
        margin={**_MARGIN, "t": 64},
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
        height=120 + 96 * len(names), margin=_MARGIN, clickmode="event+select", dragmode=False
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
