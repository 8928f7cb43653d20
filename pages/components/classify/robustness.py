"""How the answer moves when the image is changed at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.ranges import AUGMENTATIONS
from core.figures.spread import spread_strips
from core.inference.augmented import DRAWS, spread
from pages.components.shared import chart, layout
from pages.components.shared.augmented_answers import MOST_SEED, SEED, answered, draw_again
from pages.components.shared.text import describe_draw as change_in_words
from pages.components.shared.text import escape_markdown, in_words

if TYPE_CHECKING:
    import pandas as pd

    from core.inference.classifier import Prediction
    from pages.components.shared.images import InputImage
    from pages.components.shared.open_models import Model

OWN, STRONG = "As trained", "Strong"  # as they stand in the address


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction, *, is_seen: bool) -> None:
    """Draw the spread of the answers to 16 changed images, and the images.

    Args:
        model: asked.
        image: to be changed.
        prediction: for the unchanged image.
        is_seen: whether the tab is open; else the controls alone are drawn, so that they keep their place in
            the address.
    """
    st.markdown(
        f"The same image, changed {DRAWS} times as training changes images. Training calls all of them "
        "the same class: an answer that holds is robust to such changes, one that moves is not. That it "
        "holds does not make it right."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ranges = st.segmented_control(
            "Changes",
            [OWN, STRONG],
            default=OWN,
            required=True,
            key="changes",
            bind="query-params",
            help="The ranges from which this model's training drew its changes, or the preset strong. On the "
            "page Augmentation each can be tried on its own.",
        )
        seed = st.number_input(
            "Draw number", 0, MOST_SEED, 0, key=SEED, bind="query-params", width=150, help="Repeats a draw."
        )
        draw_again()
    layout.remember(layout.CLASSIFY)
    if not is_seen:
        return
    own = model.bundle.manifest.recipe.augmentation
    if ranges == OWN and own == AUGMENTATIONS["none"]:
        st.info(
            "This model was trained without augmentation, so its own ranges change nothing. Choose strong.",
            icon=":material/info:",
        )
        return
    with layout.show_user_errors():
        draws = answered(model, image, own if ranges == OWN else AUGMENTATIONS["strong"], seed=seed)
    predictions = [one.prediction for one in draws]
    table = spread(predictions)
    st.markdown(f"**{_verdict(predictions, prediction)}**")
    chart.draw(
        spread_strips(
            [one.probabilities for one in predictions],
            prediction.probabilities,
            model.bundle.manifest.class_names,
        ),
        key="spread",
        alt=f"Probabilities over {DRAWS} draws: {'; '.join(_rows(table))}",
    )
    st.markdown("\n".join(f"- {escape_markdown(row)}" for row in _rows(table)))
    st.caption("A dot is a draw, the diamond is the unchanged image.")
    with st.grid(4, min_column_width=130):
        for number, one in enumerate(draws, start=1):
            with st.container():
                answer = in_words(one.prediction.probabilities)
                st.image(
                    one.prediction.image,
                    width="stretch",
                    alt=f"Draw {number}: {change_in_words(one.draw)}. {answer}",
                )
                turned = one.prediction.predicted_class != prediction.predicted_class
                mark = ":material/change_circle: " if turned else ""
                st.markdown(f"{mark}**{escape_markdown(answer.split(', ')[0])}**")
                st.caption(f"Draw {number} · {escape_markdown(change_in_words(one.draw))}")


def _verdict(predictions: list[Prediction], unchanged: Prediction) -> str:
    same = sum(one.predicted_class == unchanged.predicted_class for one in predictions)
    name = escape_markdown(unchanged.predicted_class)
    if same == len(predictions):
        return f"The most probable class stayed {name} in all {len(predictions)} draws."
    return f"The most probable class stayed {name} in {same} of {len(predictions)} draws."


def _rows(table: pd.DataFrame) -> list[str]:
    return [
        f"{row['class']}: {row['lowest']:.1%} to {row['highest']:.1%}, median {row['median']:.1%}, most "
        f"probable in {row['times_predicted']}"
        for row in table.to_dict("records")
    ]
