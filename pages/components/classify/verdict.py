"""The predicted probabilities of an image, and reasons not to trust them."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from core.figures.probabilities import probability_bars
from core.images.burned_in import find_annotations, is_segmentation_mask
from pages.components.shared import chart, model_choice
from pages.components.shared.input_image import InputImage
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown, format_probabilities, join

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.open_models import Model


def draw_warnings(model: Model, image: InputImage, predicted: PredictedImage) -> None:
    """Draw the reasons not to trust a prediction."""
    manifest, prediction = model.bundle.manifest, predicted.prediction
    model_choice.domain_warning(model, image)
    if is_segmentation_mask(image.pixels):
        st.warning(
            "The image is black and white only. A segmentation mask outlines a lesion; it is not an "
            "ultrasound image.",
            title="Looks like a segmentation mask",
            icon=":material/contrast:",
        )
    if predicted.seen:
        st.warning(
            f"This image or a near-duplicate was in the training data ({escape_markdown(predicted.seen)}). "
            "A correct prediction proves nothing.",
            title="Seen in training",
            icon=":material/content_copy:",
        )
    if prediction.unlike_training:
        st.warning(
            f"Distance to the nearest training image: {prediction.distance:.3f}; 99 % of the validation "
            f"images are below {manifest.decision.distance_threshold:.3f}. The prediction is unreliable.",
            title="Out of distribution",
            icon=":material/travel_explore:",
        )
    if len(prediction.possible) != 1:
        possible = [escape_markdown(name) for name in prediction.possible]
        st.warning(
            f"Possible classes: {join(possible)}. Such sets contain the true class for 90 % of images like "
            "those of the validation set."
            if possible
            else "No class is probable enough: few validation images were like this one.",
            title="Not sure",
            icon=":material/help:",
        )


def draw_probabilities(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the probabilities, and note burned-in annotations and what decoding had to change."""
    probabilities = format_probabilities(prediction.probabilities)
    if marks := _annotations(image):
        st.info(
            f"{marks} seem to be burned into this image. A network can learn such marks instead of tissue; "
            "use an export without them.",
            title="Burned-in annotations",
            icon=":material/straighten:",
        )
    for note in image.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    chart.draw(
        probability_bars(prediction.probabilities, 1 - model.bundle.manifest.decision.conformal_threshold),
        key=Key.PROBABILITY_CHART,
        alt=f"Probabilities: {probabilities}",
    )
    st.markdown(
        f"Calibrated probabilities: {escape_markdown(probabilities)}.",
        help="Classes at or above the dashed line are possible: for 90 % of images like those of the "
        "validation set, the true class is among them (split-conformal prediction).",
    )


@st.cache_data(
    max_entries=256, scope="session", show_spinner=False, hash_funcs={InputImage: attrgetter("sha256")}
)
def _annotations(image: InputImage) -> str:
    """Name the annotations burned into an image, as the beginning of a sentence; empty without any."""
    found = find_annotations(image.pixels)
    names = [name for name, there in (("calipers", found.calipers), ("letters", found.text)) if there]
    return join(names).capitalize()
