"""Confusion matrix with recall, precision and accuracy at its margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import CLASS_COLOURS, MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from core.evaluation.confusion import Margins
    from core.evaluation.results import Interval

Show = Literal["counts", "row shares", "column shares"]
_MATRIX_COLOURS = ("#EEF3F8", "#08457E")
# Distance of recall, precision and accuracy from the matrix, in cells.
_GAP = 0.12


def row_shares(counts: ArrayLike) -> np.ndarray:
    """Divide each row of counts, int [C, C], by its sum: float64 [C, C]; a class without images gets 0."""
    matrix = np.asarray(counts, np.float64)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


def confusion_matrix(
    counts: ArrayLike,
    class_names: Sequence[str],
    *,
    show: Show = "counts",
    margins: Margins | None = None,
    cell: tuple[int, int] | None = None,
    unanswered: ArrayLike | None = None,
) -> go.Figure:
    """Draw a confusion matrix whose cells can be clicked.

    A click on a heatmap does not reach Streamlit, one on a scatter point does: an invisible square lies over
    each cell, and its ``customdata`` is [row, column].

    Args:
        counts: int [C, C], rows true, columns predicted classes.
        class_names: C names.
        show: numbers in the cells. The colour is the share of the row, or of the column where column
            shares are shown.
        margins: recall, precision and accuracy, written beside and below the cells.
        cell: row and column of the cell to frame.
        unanswered: where the columns are a person's answers, the images without one by true class, int [C];
            they have a column of their own where there are any.
    """
    matrix, names = np.asarray(counts, np.int64), list(map(plotly, class_names))
    given, title, between = list(names), "predicted class", " predicted as "
    if unanswered is not None:
        title, between = "your answer", ": "
        if np.any(unanswered):
            matrix, given = np.column_stack([matrix, np.asarray(unanswered, np.int64)]), [*names, "no answer"]
    by_column = show == "column shares"
    shares = row_shares(matrix.T).T if by_column else row_shares(matrix)
    whole = np.broadcast_to(matrix.sum(axis=0 if by_column else 1, keepdims=True), matrix.shape)
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    invisible = {"marker": {"opacity": 0}}
    right, bottom = (len(each) - 0.5 + (0 if margins is None else 1 + _GAP) for each in (given, names))
    # Made at once: each later change of a figure costs some milliseconds, and a slider waits for them.
    return go.Figure(
        data=[
            {
                "type": "heatmap",
                "x": list(range(len(given))),
                "y": list(range(len(names))),
                "z": shares,
                "zmin": 0,
                "zmax": 1,
                "colorscale": [[0, _MATRIX_COLOURS[0]], [1, _MATRIX_COLOURS[1]]],
                "showscale": False,
                "xgap": 3,
                "ygap": 3,
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "x": columns,
                "y": rows,
                "mode": "markers+text",
                "marker": {"symbol": "square", "size": 64, "opacity": 0},
                "selected": invisible,
                "unselected": invisible,
                "text": [
                    str(value) if show == "counts" else f"{share:.0%}" if among else "–"
                    for value, share, among in zip(matrix.flat, shares.flat, whole.flat, strict=True)
                ],
                "textfont": {"size": 18, "color": [_ink(share) for share in shares.flat]},
                "customdata": np.stack([rows, columns], axis=1).tolist(),
                "hovertext": [
                    f"{value} of {matrix[row].sum()} {names[row]} images{between}{given[column]}"
                    for value, row, column in zip(matrix.flat, rows, columns, strict=True)
                ],
                "hoverinfo": "text",
                "showlegend": False,
            },
        ],
        layout={
            "height": round(72 + 96 * (bottom + 0.5)),
            "margin": MARGIN,
            "clickmode": "event+select",
            "dragmode": False,
            "xaxis": {
                **_axis(title, given, None if margins is None else "recall"),
                "range": [-0.5, right],
                "side": "top",
            },
            "yaxis": {
                **_axis("true class", names, None if margins is None else "precision"),
                "range": [bottom, -0.5],
            },
            "shapes": [] if cell is None else [cell_frame(*cell)],
            "annotations": [] if margins is None else _in_margin(margins, len(given)),
        },
    )


def _axis(title: str, names: list[str], margin: str | None) -> dict[str, Any]:
    more = [] if margin is None else [margin]
    return {
        "title": title,
        "tickvals": [*range(len(names)), *(len(names) + _GAP for _ in more)],
        "ticktext": [*names, *more],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _in_margin(margins: Margins, columns: int) -> list[dict[str, Any]]:
    right, below = columns + _GAP, len(margins.recall) + _GAP
    places: list[tuple[float, float, Interval | None, str]] = [
        *((right, index, interval, "") for index, interval in enumerate(margins.recall)),
        *((index, below, interval, "") for index, interval in enumerate(margins.precision)),
        (right, below, margins.accuracy, "accuracy<br>"),
    ]
    written = []
    for x, y, interval, title in places:
        share = "–"
        if interval is not None:
            share = f"<b>{interval.value:.0%}</b><br>{100 * interval.low:.0f}–{interval.high:.0%}"
        written.append({"x": x, "y": y, "text": title + share, "showarrow": False, "font": {"size": 13}})
    return written


def cell_frame(row: int, column: int) -> dict[str, Any]:
    """Return the frame of a cell, as a shape of the figure."""
    half = 0.48
    return {
        "type": "rect",
        "x0": column - half,
        "x1": column + half,
        "y0": row - half,
        "y1": row + half,
        "line": {"color": CLASS_COLOURS[1], "width": 4},
    }


def _ink(share: NDArray[np.float64] | float) -> str:
    """Return black or white, whichever reads better on a cell of this share."""
    return "#FFFFFF" if share > 0.6 else "#16202A"  # noqa: PLR2004
