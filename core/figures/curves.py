"""How trainings went, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import plotly.graph_objects as go

from core import history
from core.figures.style import HEIGHT, MARGIN, MUTED, RUN_COLOURS, TRAINING_COLOUR, VALIDATION_COLOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.history import Run

Measure = Literal["accuracy", "loss"]
Axis = Literal["epoch", "time"]
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
    """Draw training (dotted) and validation (solid) of one measure up to an epoch, on axes for the whole.

    A run alone has a colour for each of the two; several have a colour each. In the first run the best
    epoch so far, changes of the learning rate and the gap of this epoch are marked.

    Args:
        runs: at least one; those that lack the measure, or times for a time axis, are left out.
        measure: what is drawn.
        epoch: the last one drawn, counted from 1.
        axis: by epoch, or by the seconds since the start.
        smoothing: weight of the past, 0 to below 1; above 0 the raw curve stands faintly behind.
        log: a logarithmic axis, for losses.
    """
    needed = (measure, f"val_{measure}", *(("seconds",) if axis == "time" else ()))
    figure = go.Figure()
    for index, run in enumerate(runs):
        if not run.has(*needed):
            continue
        colours = (
            {"training": TRAINING_COLOUR, "validation": VALIDATION_COLOUR}
            if len(runs) == 1
            else dict.fromkeys(_DASHES, RUN_COLOURS[index % len(RUN_COLOURS)])
        )
        for part, column in (("training", measure), ("validation", f"val_{measure}")):
            name = part if len(runs) == 1 else f"{run.label}, {part}"
            _add_curve(figure, run, column, name, part, colours[part], epoch, axis, smoothing)
        _mark_best(figure, run, measure, epoch, axis)
        if index == 0:
            _mark_rates(figure, run, epoch, axis)
            _mark_gap(figure, run, measure, min(epoch, run.last_epoch), axis)
    _lay_out(figure, [run for run in runs if run.has(*needed)], measure, axis, log=log)
    return figure


def _position(run: Run, axis: Axis) -> NDArray[np.float64]:
    return history.elapsed(run.history) if axis == "time" else run.history["epoch"].to_numpy(np.float64)


def _at(run: Run, epoch: int, axis: Axis) -> float:
    return float(_position(run, axis)[(run.history["epoch"] == epoch).to_numpy()][0])


def _value(run: Run, column: str, epoch: int) -> float:
    return float(run.history.loc[run.history["epoch"] == epoch, column].iloc[0])


def _add_curve(
    figure: go.Figure,
    run: Run,
    column: str,
    name: str,
    part: str,
    colour: str,
    epoch: int,
    axis: Axis,
    smoothing: float,
) -> None:
    shown = (run.history["epoch"] <= epoch).to_numpy()
    x, raw = _position(run, axis)[shown], run.history[column].to_numpy(np.float64)[shown]
    number = "%{y:.1%}" if column.endswith("accuracy") else "%{y:.3f}"
    if smoothing:
        figure.add_scatter(
            x=x,
            y=raw,
            mode="lines",
            line={"color": colour, "width": 1},
            opacity=0.35,
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=x,
        y=history.smooth(raw, smoothing),
        name=name,
        mode="lines+markers",
        line={"color": colour, "dash": _DASHES[part], "width": 2},
        marker={"symbol": _SYMBOLS[part], "size": 5},
        hovertemplate=f"{number}<extra>{name}</extra>",
    )


def _mark_best(figure: go.Figure, run: Run, measure: str, epoch: int, axis: Axis) -> None:
    best = history.best_so_far(run.history, epoch)
    figure.add_scatter(
        x=[_at(run, best, axis)],
        y=[_value(run, f"val_{measure}", best)],
        mode="markers+text",
        marker={"symbol": "star", "size": 15, "color": MUTED, "line": {"width": 1, "color": "#FFFFFF"}},
        text=[f"best: {best}"],
        textposition="top center" if measure == "accuracy" else "bottom center",
        hovertemplate=f"{run.label}: best epoch so far, {best}<extra></extra>",
        showlegend=False,
    )


def _mark_rates(figure: go.Figure, run: Run, epoch: int, axis: Axis) -> None:
    for change in history.rate_changes(run.history):
        if change.epoch <= epoch:
            figure.add_vline(
                x=_at(run, change.epoch, axis),
                line={"dash": "dash", "width": 1.5, "color": MUTED},
                annotation={"text": f"learning rate {change.after:g}", "textangle": -90},
            )


def _mark_gap(figure: go.Figure, run: Run, measure: str, epoch: int, axis: Axis) -> None:
    x = _at(run, epoch, axis)
    ends = [_value(run, column, epoch) for column in (measure, f"val_{measure}")]
    distance = ends[0] - ends[1] if measure == "accuracy" else ends[1] - ends[0]
    words = f"gap {100 * distance:.1f} points" if measure == "accuracy" else f"gap {distance:.3f}"
    figure.add_scatter(
        x=[x, x],
        y=ends,
        mode="lines",
        line={"color": MUTED, "width": 6},
        opacity=0.6,
        hovertemplate=f"{words} in epoch {epoch}<extra></extra>",
        name=words,
    )


def _lay_out(figure: go.Figure, drawn: Sequence[Run], measure: Measure, axis: Axis, *, log: bool) -> None:
    figure.update_layout(
        title="Accuracy" if measure == "accuracy" else "Loss (cross-entropy)",
        height=HEIGHT + 60,
        margin={**MARGIN, "t": 48},
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0},
    )
    if not drawn:
        return
    end = max(float(_position(run, axis)[-1]) for run in drawn)
    if axis == "time":
        figure.update_xaxes(title="seconds since the start", range=[0, end * 1.03])
    else:
        figure.update_xaxes(title="epoch", dtick=max(1, round(end / 10)), range=[0.5, end + 0.5])
    if measure == "accuracy":
        figure.update_yaxes(range=[0, 1.06], tickformat=".0%")
        return
    values = np.concatenate([run.history[["loss", "val_loss"]].to_numpy().ravel() for run in drawn])
    if log:
        low, high = np.log10(np.maximum([values.min(), values.max()], _SMALLEST))
        figure.update_yaxes(type="log", range=[low - 0.1, high + 0.1])
    else:
        figure.update_yaxes(range=[0, float(values.max()) * 1.05])
