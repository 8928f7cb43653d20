"""Which regions of an image influenced the prediction: a saliency map or a finer occlusion map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.inference.overlay import overlay, peak
from pages.components.classify import predictions
from pages.components.shared import navigation
from pages.components.shared.session import Key
from pages.components.shared.text import describe_peak, escape_markdown
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

SALIENCY, OCCLUSION = "Saliency", "Occlusion"  # as they stand in the address
_PREDICTED = "Predicted class"
_HELP = (
    "Saliency (HiResCAM) is what each cell of the last feature map added to the score of a class: exact, "
    "fast and coarse. Occlusion covers one square of the image after another and measures how the "
    "probability changes (Zeiler and Fergus 2014): finer, but it needs 225 predictions."
)
_LIMIT = "The map shows what influenced the prediction, not where the lesion is."


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the image as the network saw it, with the chosen map over it and the map in words."""
    class_names = model.bundle.manifest.class_names
    method = st.segmented_control(
        "Map",
        [SALIENCY, OCCLUSION],
        default=SALIENCY,
        required=True,
        key=Key.MAP,
        bind="query-params",
        help=_HELP,
    )
    wanted = st.segmented_control(
        "For the class",
        [_PREDICTED, *class_names],
        default=_PREDICTED,
        required=True,
        format_func=lambda name: _PREDICTED if name == _PREDICTED else escape_markdown(name),
        key=Key.MAP_CLASS,
        bind="query-params",
    )
    opacity = st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key=Key.OPACITY, bind="query-params")
    navigation.remember(navigation.CLASSIFY)
    shown = prediction.predicted_class if wanted == _PREDICTED else wanted
    of_class = class_names.index(shown)
    with show_user_errors():
        maps, description = (
            _saliency(prediction, shown, of_class)
            if method == SALIENCY
            else _occlusion(model, image, shown, of_class)
        )
    st.image(
        overlay(prediction.image, maps[of_class], strongest=float(abs(maps).max()), opacity=opacity / 100),
        width="stretch",
        caption=f"{escape_markdown(image.name)} as the network saw it, "
        f"{prediction.image.shape[0]} pixels square",
        alt=f"{image.name} as the network saw it, with the {method.lower()} map of {shown}",
    )
    st.markdown(description)
    st.caption(_LIMIT)


def _saliency(prediction: Prediction, shown: str, of_class: int) -> tuple[NDArray[np.float32], str]:
    rows, columns = prediction.saliency.shape[1:]
    return prediction.saliency, (
        f"The last feature map has {rows} × {columns} cells. "
        f"{describe_peak(prediction.saliency[of_class], shown)}"
    )


def _occlusion(model: Model, image: InputImage, shown: str, of_class: int) -> tuple[NDArray[np.float32], str]:
    found = predictions.occlusion(model, image)
    drop = found.drop[of_class]
    size, name = len(drop), escape_markdown(shown)
    how = f"A grey square of {found.square} × {found.square} pixels moved in steps of {found.step} pixels."
    strongest = peak(drop)
    if strongest is None:
        return found.drop, f"{how} It never lowered the probability of {name}."
    return found.drop, (
        f"{how} Orange: covering lowers the probability of {name}, by up to {drop.max():.1%} (row "
        f"{strongest.row}, column {strongest.column} of {size}). Blue: covering raises it, by up to "
        f"{max(float(-drop.min()), 0):.1%}."
    )
