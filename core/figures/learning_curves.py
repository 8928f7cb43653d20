"""Learning curves: accuracy and loss by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.bundle import history
from core.escape import plotly
from core.figures.style import (
    LEARNING_CURVES_HEIGHT,
    MARGIN,
    MUTED,
    RUN_COLOURS,
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.bundle.history import Run

Measure = Literal["accuracy", "loss"]
Axis = Literal["epoch", "time"]
Trace = dict[str, Any]
_DASHES = {"training": "dot", "validation": "solid"}
_SYMBOLS = {"training": "circle", "validation": "square"}
# A logarithm needs something above zero.
_SMALLEST = 1e-6


def learning_curves(
    runs: Sequence[Run],
    measure: Measure,
    *,
    epoch: int,
    axis: Axis = "epoch",
    smoothing: float = 0,
    log: bool = False,
) -> go.Figure:
    """Draw training (dotted) and validation (solid) accuracy or loss up to an epoch, on axes for all epochs.

    A single run has a colour for each of the two; several runs have a colour each. In the first run the best
    epoch so far, changes of the learning rate and the gap of this epoch are marked.

    Args:
        runs: one run or more; those without the measure, or without times on a time axis, are left out.
        measure: accuracy or loss.
        epoch: last epoch drawn, counted from 1.
        axis: horizontal axis: epochs, or seconds since the start.
        smoothing: weight of the past, 0 to below 1; above 0 the raw curve is drawn faintly behind.
        log: whether the loss axis is logarithmic.
    """
    needed = (measure, f"val_{measure}", *(("seconds",) if axis == "time" else ()))
    traces: list[Trace] = []
    lines: list[_Line] = []
    for index, run in enumerate(runs):
        if not run.has(*needed):
            continue
        alone = len(runs) == 1
        colour = RUN_COLOURS[index % len(RUN_COLOURS)]
        for name, column, own in (
            ("training", measure, TRAINING_COLOUR),
            ("validation", f"val_{measure}", VALIDATION_COLOUR),
        ):
            drawn = _Curve(run, column, name, name if alone else plotly(run.label), own if alone else colour)
            traces += _curve(drawn, epoch, axis, smoothing)
        best = history.best_so_far(run.history, epoch)
        traces.append(_star(run, measure, best, VALIDATION_COLOUR if alone else colour, axis))
        if index == 0:
            traces.append(_gap(run, measure, min(epoch, run.last_epoch), axis))
            # Text goes where the curves are not: accuracy rises, loss falls.
            low, high = (0, 1) if measure == "accuracy" else (1, 0)
            lines.append(_Line(best, f"best: epoch {best}", low))
            lines += [
                _Line(change.epoch, f"learning rate {change.after:g}", high)
                for change in history.rate_changes(run.history)
                if change.epoch <= epoch
            ]
    layout = _layout([run for run in runs if run.has(*needed)], measure, axis, log=log)
    if lines:
        layout |= _vertical(runs[0], lines, axis)
    # In one go: plotly checks a figure anew whenever something is added.
    return go.Figure(traces, layout)


class _Curve(NamedTuple):
    """One curve of a run: its column, training or validation, its name in the legend, and its colour."""

    run: Run
    column: str
    set: str
    legend: str
    colour: str


class _Line(NamedTuple):
    """A vertical line at an epoch, with text at its foot (0) or head (1)."""

    epoch: int
    text: str
    at: int


def _position(run: Run, axis: Axis) -> NDArray[np.float64]:
    return history.elapsed(run.history) if axis == "time" else run.history["epoch"].to_numpy(np.float64)


def _at(run: Run, epoch: int, axis: Axis) -> float:
    return float(_position(run, axis)[(run.history["epoch"] == epoch).to_numpy()][0])


def _value(run: Run, column: str, epoch: int) -> float:
    return float(run.history.loc[run.history["epoch"] == epoch, column].iloc[0])


def _curve(drawn: _Curve, epoch: int, axis: Axis, smoothing: float) -> list[Trace]:
    run, column, set_name, legend, colour = drawn
    shown = (run.history["epoch"] <= epoch).to_numpy()
    x, raw = _position(run, axis)[shown], run.history[column].to_numpy(np.float64)[shown]
    name = set_name if legend == set_name else f"{legend}, {set_name}"
    number = "%{y:.1%}" if column.endswith("accuracy") else "%{y:.3f}"
    behind = {
        "type": "scatter",
        "x": x,
        "y": raw,
        "mode": "lines",
        "line": {"color": colour, "width": 1},
        "opacity": 0.35,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    curve = {
        "type": "scatter",
        "x": x,
        "y": history.smooth(raw, smoothing),
        "name": legend,
        "showlegend": set_name in ("validation", legend),
        "mode": "lines+markers",
        "line": {"color": colour, "dash": _DASHES[set_name], "width": 2},
        "marker": {"symbol": _SYMBOLS[set_name], "size": 5},
        "hovertemplate": f"{number}<extra>{name}</extra>",
    }
    return [behind, curve] if smoothing else [curve]


def _star(run: Run, measure: str, best: int, colour: str, axis: Axis) -> Trace:
    return {
        "type": "scatter",
        "x": [_at(run, best, axis)],
        "y": [_value(run, f"val_{measure}", best)],
        "mode": "markers",
        "marker": {"symbol": "star", "size": 15, "color": colour, "line": {"width": 1, "color": "#FFFFFF"}},
        "hovertemplate": f"best epoch so far, {best}<extra>{plotly(run.label)}</extra>",
        "showlegend": False,
    }


def _gap(run: Run, measure: str, epoch: int, axis: Axis) -> Trace:
    ends = [_value(run, column, epoch) for column in (measure, f"val_{measure}")]
    distance = ends[0] - ends[1] if measure == "accuracy" else ends[1] - ends[0]
    text = f"gap {100 * distance:.1f} points" if measure == "accuracy" else f"gap {distance:.3f}"
    return {
        "type": "scatter",
        "x": [_at(run, epoch, axis)] * 2,
        "y": ends,
        "mode": "lines",
        "line": {"color": MUTED, "width": 6},
        "opacity": 0.6,
        "hovertemplate": f"{text} in epoch {epoch}<extra></extra>",
        "name": text,
        "showlegend": False,  # its changing length would move the legend while playing
    }


def _vertical(run: Run, lines: Sequence[_Line], axis: Axis) -> dict[str, Any]:
    shapes, notes = [], []
    for line in lines:
        x, late = _at(run, line.epoch, axis), line.epoch > run.last_epoch / 2
        place = {"xref": "x", "yref": "y domain"}
        dashes = {"dash": "dash", "width": 1.5, "color": MUTED}
        shapes.append({"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": dashes, **place})
        notes.append(
            {
                "x": x,
                "y": line.at,
                "text": line.text,
                "showarrow": False,
                "xanchor": "right" if late else "left",
                "yanchor": "top" if line.at else "bottom",
                **place,
            }
        )
    return {"shapes": shapes, "annotations": notes}


def _layout(drawn: Sequence[Run], measure: Measure, axis: Axis, *, log: bool) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "height": LEARNING_CURVES_HEIGHT,
        "margin": {**MARGIN, "t": 8},
        "hovermode": "x unified",
        # More runs take room from the curves, not from the page; beyond three lines the legend scrolls.
        "legend": {
            "orientation": "h",
            "font": {"size": 11},
            "xref": "container",
            "x": 0,
            "yref": "container",
            "yanchor": "bottom",
            "y": 0,
            "maxheight": 84,  # pixels
        },
    }
    if not drawn:
        return layout
    end = max(float(_position(run, axis)[-1]) for run in drawn)
    values = np.concatenate([run.history[[measure, f"val_{measure}"]].to_numpy().ravel() for run in drawn])
    low, high = float(values.min()), float(values.max())
    ticks = [digit * 10.0**power for power in range(-6, 4) for digit in (1, 3)]
    if axis == "time":
        layout["xaxis"] = {"title": {"text": "seconds since the start"}, "range": [0, end * 1.03]}
    else:
        spaced = {"dtick": max(1, round(end / 10)), "range": [0.5, end + 0.5]}
        layout["xaxis"] = {"title": {"text": "epoch"}, **spaced}
    if measure == "accuracy":
        bottom = max(0.0, float(np.floor(10 * low)) / 10 - 0.05)
        layout["yaxis"] = {"range": [bottom, 1.04], "tickformat": ".0%"}
    elif log:
        bottom, top = np.log10(np.maximum([low, high], _SMALLEST)).tolist()
        marked = {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
        layout["yaxis"] = {"type": "log", "range": [bottom - 0.1, top + 0.1], **marked}
    else:
        layout["yaxis"] = {"range": [0, high * 1.05]}
    return layout
