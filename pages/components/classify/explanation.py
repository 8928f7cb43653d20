"""Which parts of an image moved the answer: saliency as the network has it, or a finer occlusion map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.inference.overlay import overlay, peak
from pages.components.classify import answers
from pages.components.shared import layout
from pages.components.shared.text import escape_markdown, strongest_in_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.inference.classifier import Prediction
    from pages.components.shared.images import InputImage
    from pages.components.shared.open_models import Model

SALIENCY, OCCLUSION, MOST_PROBABLE = "Saliency", "Occlusion", "Most probable"  # as they stand in the address
_HELP = (
    "Saliency (HiResCAM) is what each cell of the last feature map added to the score of a class: exact, at "
    "once, and coarse. Occlusion covers each part of the image in turn and looks how the probability "
    "moves (Zeiler and Fergus 2014): finer, and it takes 225 more answers."
)


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the image as the network saw it, with the chosen map over it, and say what the map shows."""
    class_names = model.bundle.manifest.class_names
    method = st.segmented_control(
        "What mattered",
        [SALIENCY, OCCLUSION],
        default=SALIENCY,
        required=True,
        key="map",
        bind="query-params",
        help=_HELP,
    )
    wanted = st.segmented_control(
        "For the class",
        [MOST_PROBABLE, *class_names],
        default=MOST_PROBABLE,
        required=True,
        format_func=lambda name: MOST_PROBABLE if name == MOST_PROBABLE else escape_markdown(name),
        key="class",
        bind="query-params",
    )
    opacity = st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key="opacity", bind="query-params")
    layout.remember(layout.CLASSIFY)
    shown = prediction.predicted_class if wanted == MOST_PROBABLE else wanted
    of_class = class_names.index(shown)
    with layout.show_user_errors():
        maps, words = (
            _saliency(prediction, shown, of_class)
            if method == SALIENCY
            else _occlusion(model, image, shown, of_class)
        )
    st.image(
        overlay(prediction.image, maps[of_class], strongest=float(abs(maps).max()), opacity=opacity / 100),
        width="stretch",
        caption=f"{escape_markdown(image.name)} as the network saw it, "
        f"{prediction.image.shape[0]} pixels square",
        alt=f"{image.name} as the network saw it, with the {method.lower()} of {shown}",
    )
    st.markdown(words)


def _saliency(prediction: Prediction, shown: str, of_class: int) -> tuple[NDArray[np.float32], str]:
    rows, columns = prediction.saliency.shape[1:]
    cells = (
        f"The last feature map has {rows} × {columns} cells, {rows * columns} in all, drawn as they are: the "
        "network has one number for each and knows nothing in between. Occlusion is finer."
    )
    return prediction.saliency, (
        f"{cells} {strongest_in_words(prediction.saliency[of_class], shown)} It shows what moved the answer, "
        "not where a lesion is."
    )


def _occlusion(model: Model, image: InputImage, shown: str, of_class: int) -> tuple[NDArray[np.float32], str]:
    found = answers.occlusion(model, image)
    drop = found.drop[of_class]
    size = len(drop)
    how = (
        f"A square of {found.square} × {found.square} pixels in the image's mean grey covered each part in "
        f"turn, {found.step} pixels apart; each of the {size} × {size} cells is the mean of the squares that "
        "cover it."
    )
    strongest = peak(drop)
    if strongest is None:
        return found.drop, f"{how} No square lowered the probability of {escape_markdown(shown)}."
    return found.drop, (
        f"{how} Orange: covering it lowers the probability of {escape_markdown(shown)}, at most by "
        f"{drop.max():.1%} (row {strongest.row}, column {strongest.column} of {size}). Blue: covering it "
        f"raises it, at most by {max(float(-drop.min()), 0):.1%}. It shows what moved the answer, not where "
        "a lesion is."
    )
