"""The tabs of the Augmentation page, one function for each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.augmentation import difference, preview
from core.inference.augmented import DRAWS, spread
from pages.components.augmentation.lessons import lessons
from pages.components.augmentation.view import View, show_image
from pages.components.shared import data_table
from pages.components.shared.session import Key
from pages.components.shared.text import describe_draw, escape_markdown, join
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    from core.augmentation.draw import Draw
    from core.inference.classifier import Prediction

FIELDS = {
    "theta": "Rotation",
    "shear": "Shear",
    "zx": "Zoom along x",
    "zy": "Zoom along y",
    "tx": "Shift along x",
    "ty": "Shift along y",
    "flip_horizontal": "Mirror",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "gamma": "Gamma",
    "depth_gain": "Depth gain",
    "speckle": "Speckle",
}


def draw(view: View, ranges: str) -> None:
    """Draw the unchanged image and the tabs; only the open one is computed.

    Args:
        view: the image under the chosen ranges.
        ranges: the ranges in words.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        show_image(view.original.image, f"{view.image.name}, unchanged", width=96)
        with st.container(gap="xxsmall"):
            st.markdown(f"**{escape_markdown(view.image.name)}**, unchanged, {view.side} pixels square")
            st.caption(ranges)
    panels = {
        "Draws": _grid,
        "One at a time": _strips,
        "Side by side": _side_by_side,
        "What to look for": lessons,
    }
    for tab, panel in zip(
        st.tabs(list(panels), key=Key.PANEL, bind="query-params"), panels.values(), strict=True
    ):
        if tab.open:
            with tab, show_user_errors():
                panel(view)


def _grid(view: View) -> None:
    """Draw every draw, with its changes and its prediction."""
    drawn = view.drawn()
    st.markdown(
        _summary(view.original, [one.prediction for one in drawn]),
        help="A flip under a change too small to matter to a radiologist shows an unstable model.",
    )
    with st.grid(4, min_column_width=115):
        for number, (change, prediction) in enumerate(drawn, start=1):
            with st.container(gap="xxsmall"):
                _cell(view, change, prediction, f"Draw {number}")


def _strips(view: View) -> None:
    """Draw each parameter alone, from one end of its range to the other."""
    rows = preview.strips(view.augmentation, view.side)
    if not rows:
        st.info("These ranges change nothing: widen one of them.", icon=":material/tune:")
        return
    predictions = iter(view.under([change for row in rows.values() for change in row]))
    st.markdown("Each row changes one parameter, from one end of its range to the other.")
    for field, row in rows.items():
        predicted = [next(predictions) for _ in row]
        flips = [describe_draw(change) for change, one in zip(row, predicted, strict=True) if view.flips(one)]
        st.markdown(
            f"**{FIELDS[field]}**: "
            + (f"the prediction flips at {join(flips)}." if flips else "the prediction stays the same.")
        )
        with st.grid(5, min_column_width=90):
            for change, one in zip(row, predicted, strict=True):
                with st.container(gap="xxsmall"):
                    _cell(view, change, one, FIELDS[field])


def _side_by_side(view: View) -> None:
    """Draw the image, one draw and their difference, and which change of the draw flips the prediction."""
    left, right = st.columns(2)
    with left:
        number = st.slider("Draw", 1, DRAWS, key=Key.DRAW, bind="query-params")
    with right:
        amplification = st.slider(
            "Amplify the difference",
            1,
            16,
            4,
            key=Key.AMPLIFICATION,
            format="%d ×",
            bind="query-params",
        )
    change, prediction = view.drawn()[number - 1]
    before, after = view.original.image, prediction.image
    changed = difference.amount(before, after)
    with st.grid(3, min_column_width=160):
        with st.container():
            show_image(before, f"{view.image.name}, unchanged")
            st.caption(f"**Original**: {_format(view.original)}")
        with st.container():
            show_image(after, f"Draw {number}: {describe_draw(change)}")
            st.caption(f"**Draw {number}**: {_format(prediction)}")
        with st.container():
            show_image(
                difference.draw_difference(before, after, amplification),
                f"Difference of draw {number} from the original: {changed.share:.0%} of the pixels changed",
            )
            st.caption(
                f"**Difference, amplified {amplification} ×**: orange is brighter, blue is darker, light "
                "grey "
                "is unchanged.",
                help=f"Full colour from {255 / amplification:.0f} of 255 grey levels on.",
            )
    st.markdown(
        f"Draw {number}: {describe_draw(change)}. {changed.share:.0%} of the pixels changed visibly, by "
        f"{changed.mean:.1f} grey levels on average over the whole image."
    )
    _parts(view, number, change, prediction)


def _parts(view: View, number: int, change: Draw, prediction: Prediction) -> None:
    """Draw the predictions under each change of a draw alone."""
    alone = preview.single_changes(change)
    if not alone:
        return
    st.markdown("**Which change flips the prediction?** Each change alone, and all together:")
    predictions = [*view.under(alone.values()), prediction]
    data_table.draw(
        pd.DataFrame(
            {
                "change": [*map(describe_draw, alone.values()), "all together"],
                "predicted": [one.predicted_class for one in predictions],
                "flips": ["flips" if view.flips(one) else "" for one in predictions],
            }
        ).join(pd.DataFrame([one.probabilities for one in predictions]).add_prefix("p_")),
        column_config={
            "predicted": "predicted class",
            **{
                f"p_{name}": st.column_config.NumberColumn(name, format="percent")
                for name in prediction.probabilities
            },
        },
        alt=f"Predictions under each change of draw {number} alone",
    )


def _cell(view: View, change: Draw, prediction: Prediction, title: str) -> None:
    text = _format(prediction)
    if view.flips(prediction):
        text = f":material/swap_horiz: **{text}**, not {escape_markdown(view.original.predicted_class)}"
    show_image(prediction.image, f"{title}: {describe_draw(change)}. Predicted: {prediction.predicted_class}")
    st.markdown(text)
    st.caption(describe_draw(change))


def _format(prediction: Prediction) -> str:
    name = prediction.predicted_class
    return f"{escape_markdown(name)} {prediction.probabilities[name]:.0%}"


def _summary(original: Prediction, predictions: list[Prediction]) -> str:
    first = original.predicted_class
    of_first = spread(predictions).set_index("class").loc[first]
    counts = Counter(one.predicted_class for one in predictions)
    others = [f"{escape_markdown(name)} {count}" for name, count in counts.most_common() if name != first]
    return (
        f"Unchanged: **{_format(original)}**. Under {len(predictions)} draws: {escape_markdown(first)} "
        f"{counts[first]}"
        + (f", {join(others)} (marked :material/swap_horiz:)" if others else "")
        + f". Probability of {escape_markdown(first)}: {of_first['lowest']:.0%} to "
        f"{of_first['highest']:.0%}."
    )
