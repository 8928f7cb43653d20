"""ROC and precision-recall curves, one versus rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import HEIGHT, MARGIN, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# Beside its colour, each class has a dash of its own.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def roc(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw the ROC curve of each class against the rest, and the diagonal of random guessing.

    Args:
        curves: class name → result of ``core.evaluation.ranking.roc``, in class order.
    """
    diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"color": MUTED, "dash": "dot"}}
    return _square(
        curves,
        ("false_positive_rate", "true_positive_rate"),
        title="ROC curve",
        axes=("false positive rate (1 - specificity)", "true positive rate (sensitivity)"),
        step="linear",
        lines=[diagonal],
    )


def precision_recall(curves: Mapping[str, pd.DataFrame], prevalence: Mapping[str, float]) -> go.Figure:
    """Draw the precision-recall curve of each class against the rest.

    Args:
        curves: class name → result of ``core.evaluation.ranking.precision_recall``, in class order.
        prevalence: class name → share of the images, 0-1: the precision of random guessing, drawn as a
            short line at the right.
    """
    colours = class_colours(list(curves))
    guessing = [
        {
            "type": "line",
            "x0": 0.9,
            "x1": 1,
            "y0": prevalence[name],
            "y1": prevalence[name],
            "line": {"color": colours[name], "dash": "dot", "width": 1.5},
        }
        for name in curves
    ]
    return _square(
        curves,
        ("recall", "precision"),
        title="Precision-recall curve",
        axes=("recall (sensitivity)", "precision"),
        step="vh",
        lines=guessing,
    )


def _square(
    curves: Mapping[str, pd.DataFrame],
    columns: tuple[str, str],
    *,
    title: str,
    axes: tuple[str, str],
    step: str,
    lines: list[dict[str, Any]],
) -> go.Figure:
    colours = class_colours(list(curves))
    across, up = (column.replace("_", " ") for column in columns)
    axis = {"dtick": 0.2, "tickformat": ".0%", "fixedrange": True}
    return go.Figure(
        data=[
            {
                "type": "scatter",
                "x": curve[columns[0]],
                "y": curve[columns[1]],
                "customdata": curve["threshold"],
                "name": plotly(name),
                "mode": "lines",
                "line": {
                    "color": colours[name],
                    "dash": _DASHES[number % len(_DASHES)],
                    "width": 2,
                    "shape": step,
                },
                "hovertemplate": f"{across} %{{x:.1%}}, {up} %{{y:.1%}} (threshold %{{customdata:.1%}})",
            }
            for number, (name, curve) in enumerate(curves.items())
        ],
        layout={
            "title": title,
            "height": HEIGHT + 60,
            "margin": {**MARGIN, "t": 56, "r": 28},
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0},
            "xaxis": {"title": axes[0], "range": [-0.01, 1.01], **axis},
            "yaxis": {"title": axes[1], "range": [-0.01, 1.03], **axis},
            "shapes": lines,
        },
    )
