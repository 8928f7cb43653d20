"""ROC and precision-recall curves, one versus rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import plotly.graph_objects as go

from core.escape import plotly
from core.figures.style import HEIGHT, MARGIN, MARK_COLOUR, MUTED, class_colours

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from core.evaluation.radiologists import Radiologists

# Beside its colour, each class has a dash of its own.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


class Readers(NamedTuple):
    """Radiologists beside the model.

    Attributes:
        measured: their points, and the class that these are about.
        curve: the model's ROC curve on the images that they read; None where these are all images.
    """

    measured: Radiologists
    curve: pd.DataFrame | None


def roc(curves: Mapping[str, pd.DataFrame], readers: Readers | None = None) -> go.Figure:
    """Draw the ROC curve of each class against the rest, and the diagonal of random guessing.

    Args:
        curves: class name → result of ``core.evaluation.ranking.roc``, in class order.
        readers: radiologists, a point for each BI-RADS cut-off, that from 4 on filled; or None.
    """
    diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"color": MUTED, "dash": "dot"}}
    figure = _square(
        curves,
        ("false_positive_rate", "true_positive_rate"),
        title="ROC curve",
        axes=("false positive rate (1 - specificity)", "true positive rate (sensitivity)"),
        step="linear",
        lines=[diagonal],
    )
    if readers is not None:
        _add_readers(figure, readers, class_colours(list(curves))[readers.measured.positive_class])
    return figure


def _add_readers(figure: go.Figure, readers: Readers, colour: str) -> None:
    points, biopsy = readers.measured.points, readers.measured.biopsy
    is_biopsy = [point == biopsy for point in points]
    if readers.curve is not None:
        figure.add_scatter(
            x=readers.curve["false_positive_rate"],
            y=readers.curve["true_positive_rate"],
            customdata=readers.curve["threshold"],
            name="same images",
            mode="lines",
            line={"color": colour, "width": 1},
            hovertemplate="images with a BI-RADS category from 1 to 5: false positive rate %{x:.1%}, "
            "true positive rate %{y:.1%} (threshold %{customdata:.1%})",
        )
    figure.add_scatter(
        x=[1 - point.specificity.value for point in points],
        y=[point.sensitivity.value for point in points],
        text=[f"≥ {plotly(point.category)}" for point in points],
        customdata=[
            f"sensitivity {point.sensitivity.in_words('.1%')}<br>"
            f"specificity {point.specificity.in_words('.1%')}"
            for point in points
        ],
        name="radiologists",
        mode="markers+text",
        textposition="top right",
        cliponaxis=False,
        marker={
            "symbol": ["diamond" if filled else "diamond-open" for filled in is_biopsy],
            "size": [13 if filled else 10 for filled in is_biopsy],
            "color": MARK_COLOUR,
            "opacity": 1,
        },
        hovertemplate="radiologists, BI-RADS %{text}<br>%{customdata}<extra></extra>",
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
