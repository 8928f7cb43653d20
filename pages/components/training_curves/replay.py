"""Learning curves up to an epoch, with that epoch in numbers and its validation confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import history
from core.bundle.manifest import VALIDATION
from core.figures import captions
from core.figures.confusion_matrix import confusion_matrix
from core.figures.learning_curves import Axis, Measure, learning_curves
from core.figures.style import LEARNING_CURVES_HEIGHT
from pages.components.shared import chart, layout, navigation, open_models
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown, join
from pages.components.shared.user_errors import show_user_errors
from pages.components.training_curves import player, tiles
from pages.components.training_curves.runs import Comparison

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from core.bundle.history import Run
    from pages.components.shared.open_models import Model

_AXES: tuple[Axis, ...] = ("epoch", "time")
# Pixels: a control that a browser still loads keeps its place.
_COMPARE_WIDTH = 120
_AXES_WIDTH = 92


class _Options(NamedTuple):
    """How curves are drawn."""

    axis: Axis
    smoothing: float
    log: bool


def draw(model: Model, shown: Run, offered: dict[str, str]) -> list[Run]:
    """Draw the controls and the replay.

    Args:
        model: the shown model.
        shown: its run.
        offered: models of the picker, label → name.

    Returns:
        The shown run, and those that it is compared with.
    """
    with show_user_errors():
        validation = open_models.table(model, VALIDATION)
    interval = player.begin()
    comparison = Comparison(model, offered)
    runs: list[Run] = st.fragment(_replay, run_every=interval)(model, shown, comparison, validation, interval)
    return runs


def _replay(
    model: Model, shown: Run, comparison: Comparison, validation: pd.DataFrame, interval: float | None
) -> list[Run]:
    with layout.controls(), st.container(horizontal=True, vertical_alignment="bottom"):
        epoch = player.draw(model.key, shown.last_epoch, interval)
        with st.popover("Compare", icon=":material/compare_arrows:", width=_COMPARE_WIDTH):
            chosen = comparison.choose()
        with st.popover("Axes", icon=":material/tune:", width=_AXES_WIDTH):
            options = _options()
    runs = [shown, *comparison.open(chosen)]
    with layout.main_object():
        with st.grid(3, min_column_width=300):
            with st.container(gap=None):
                _curves(runs, "accuracy", epoch, options)
            with st.container(gap=None):
                _curves(runs, "loss", epoch, options)
            with st.container(gap=None):
                _matrix(validation, epoch, model.bundle.manifest.class_names)
        tiles.draw(model, shown, epoch)
        _draw_missing(runs, options.axis)
        comparison.warn()
    navigation.remember(navigation.TRAINING_CURVES)
    return runs


def _options() -> _Options:
    axis = st.segmented_control(
        "Horizontal axis", _AXES, default="epoch", required=True, key=Key.AXIS, bind="query-params"
    )
    smoothing = st.slider(
        "Smoothing",
        0.0,
        0.95,
        0.0,
        0.05,
        key=Key.SMOOTHING,
        bind="query-params",
        help="Weight of the past in an exponential moving average. The raw curve stays faintly visible.",
    )
    log = st.toggle("Logarithmic loss", key=Key.LOG, bind="query-params")
    return _Options(axis, smoothing, log)


def _curves(runs: Sequence[Run], measure: Measure, epoch: int, options: _Options) -> None:
    st.markdown(f"**{measure.capitalize()}** :small[· {captions.CURVES}]")
    chart.draw(
        learning_curves(
            runs,
            measure,
            epoch=epoch,
            axis=options.axis,
            smoothing=options.smoothing,
            log=options.log and measure == "loss",
        ),
        key=numbered(Key.CURVE_CHART, measure),
        alt=captions.curve(runs[0], measure, epoch),
    )


def _matrix(validation: pd.DataFrame, epoch: int, class_names: Sequence[str]) -> None:
    counts = history.validation_matrix(validation, epoch, class_names)
    if counts is None:
        st.caption(captions.no_validation(epoch))
        return
    st.markdown(f"**Epoch {epoch}** :small[· {counts.sum():,} validation images]")
    chart.draw(
        confusion_matrix(counts, class_names),
        key=Key.VALIDATION_MATRIX,
        alt=captions.validation_matrix(counts, class_names, epoch),
        height=LEARNING_CURVES_HEIGHT,
    )


def _draw_missing(runs: Sequence[Run], axis: Axis) -> None:
    """Say which runs are in none of the charts that lack a column of theirs."""
    needed = {
        "accuracy": "val_accuracy",
        "loss": "val_loss",
        **({"times": "seconds"} if axis == "time" else {}),
    }
    for what, column in needed.items():
        names = [escape_markdown(run.label) for run in runs if not run.has(column)]
        if names:
            st.caption(f"No {what} known for {join(names)}.")
