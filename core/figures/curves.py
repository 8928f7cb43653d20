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
            legend = part if len(runs) == 1 else run.label
            _add_curve(figure, run, column, legend, part, colours[part], epoch, axis, smoothing)
        _mark_best(figure, run, measure, colours["validation"], epoch, axis)
        if index == 0:
            # Words go where the curves are not: accuracy rises, loss falls.
            _name_best(figure, run, epoch, axis, at=0 if measure == "accuracy" else 1)
            _mark_rates(figure, run, epoch, axis, at=1 if measure == "accuracy" else 0)
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
    legend: str,
    part: str,
    colour: str,
    epoch: int,
    axis: Axis,
    smoothing: float,
) -> None:
    shown = (run.history["epoch"] <= epoch).to_numpy()
    x, raw = _position(run, axis)[shown], run.history[column].to_numpy(np.float64)[shown]
    name = part if legend == part else f"{legend}, {part}"
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
        name=legend,
        showlegend=part in ("validation", legend),
        mode="lines+markers",
        line={"color": colour, "dash": _DASHES[part], "width": 2},
        marker={"symbol": _SYMBOLS[part], "size": 5},
        hovertemplate=f"{number}<extra>{name}</extra>",
    )


def _mark_best(figure: go.Figure, run: Run, measure: str, colour: str, epoch: int, axis: Axis) -> None:
    best = history.best_so_far(run.history, epoch)
    figure.add_scatter(
        x=[_at(run, best, axis)],
        y=[_value(run, f"val_{measure}", best)],
        mode="markers",
        marker={"symbol": "star", "size": 15, "color": colour, "line": {"width": 1, "color": "#FFFFFF"}},
        hovertemplate=f"best epoch so far, {best}<extra>{run.label}</extra>",
        showlegend=False,
    )


def _name_best(figure: go.Figure, run: Run, epoch: int, axis: Axis, at: float) -> None:
    best = history.best_so_far(run.history, epoch)
    _add_line(figure, run, best, f"best: epoch {best}", axis, at)


def _mark_rates(figure: go.Figure, run: Run, epoch: int, axis: Axis, at: float) -> None:
    for change in history.rate_changes(run.history):
        if change.epoch <= epoch:
            _add_line(figure, run, change.epoch, f"learning rate {change.after:g}", axis, at)


def _add_line(figure: go.Figure, run: Run, epoch: int, words: str, axis: Axis, at: float) -> None:
    """Draw an upright line with words at its foot (``at`` 0) or head (1), on the side that has room."""
    side = "left" if epoch > run.last_epoch / 2 else "right"
    figure.add_vline(
        x=_at(run, epoch, axis),
        line={"dash": "dash", "width": 1.5, "color": MUTED},
        annotation={"text": words, "yref": "paper", "y": at, "yanchor": "top" if at else "bottom"},
        annotation_position=f"top {side}",
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
    name = measure.capitalize()
    figure.update_layout(
        title=f"{name}: dotted training, solid validation",
        # The legend has a line for each run, and the axes keep their room.
        height=HEIGHT + 40 + 20 * len(drawn),
        margin={**MARGIN, "t": 48},
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0},
    )
    if not drawn:
        return
    end = max(float(_position(run, axis)[-1]) for run in drawn)
    if axis == "time":
        figure.update_xaxes(title="seconds since the start", range=[0, end * 1.03])
    else:
        figure.update_xaxes(title="epoch", dtick=max(1, round(end / 10)), range=[0.5, end + 0.5])
    values = np.concatenate([run.history[[measure, f"val_{measure}"]].to_numpy().ravel() for run in drawn])
    low, high = float(values.min()), float(values.max())
    if measure == "accuracy":
        figure.update_yaxes(range=[max(0, np.floor(10 * low) / 10 - 0.05), 1.04], tickformat=".0%")
    elif log:
        bottom, top = np.log10(max(low, _SMALLEST)) - 0.1, np.log10(max(high, _SMALLEST)) + 0.1
        ticks = [digit * 10.0**power for power in range(-6, 4) for digit in (1, 3)]
        figure.update_yaxes(
            type="log", range=[bottom, top], tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks]
        )
    else:
        figure.update_yaxes(range=[0, high * 1.05])
