"""What the model says of an image, and what speaks against believing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures.probabilities import probability_bars
from core.images.burned_in import find_annotations, is_segmentation_mask
from pages.components.shared import chart, model_choice
from pages.components.shared.text import escape_markdown, in_words, join

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.images import InputImage
    from pages.components.shared.open_models import Model


def warn(model: Model, image: InputImage, answer: PredictedImage) -> None:
    """Say what speaks against believing the answer."""
    manifest, prediction = model.bundle.manifest, answer.prediction
    model_choice.warn(model, image)
    if is_segmentation_mask(image.pixels):
        st.warning(
            "It is black and white only, as the segmentation masks of data sets are. A mask is somebody's "
            "drawing "
            "of the answer, no image of a breast.",
            title="Looks like a segmentation mask",
            icon=":material/contrast:",
        )
    if answer.seen:
        st.warning(
            "This image, or a near-duplicate of it, was in the training data "
            f"({escape_markdown(answer.seen)}): that the "
            "model knows it proves nothing.",
            title="Seen in training",
            icon=":material/content_copy:",
        )
    if prediction.unlike_training:
        st.warning(
            f"Its distance to the nearest training image is {prediction.distance:.3f}; of the validation "
            f"images 99 % stay below {manifest.decision.distance_threshold:.3f}. The answer means little.",
            title="Unlike the training data",
            icon=":material/travel_explore:",
        )
    if len(prediction.possible) != 1:
        possible = [escape_markdown(name) for name in prediction.possible]
        st.warning(
            f"{join(possible)} remain possible: sets like this hold the true class for 90 % of images "
            "like those the model was validated on."
            if possible
            else "No class is probable enough: few images like this one were in the validation data.",
            title="Not sure",
            icon=":material/help:",
        )


def say(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the probabilities and write them; note marks in the image and what decoding had to change."""
    answer_words = in_words(prediction.probabilities)
    if drawn := _annotations(image.sha256, image):
        st.info(
            f"{drawn} seem to be drawn into this image. A network can learn such marks in place of tissue: "
            "they often stand where somebody found something. An export without them is the better image.",
            title="Marks in the image",
            icon=":material/straighten:",
        )
    for note in image.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    chart.draw(
        probability_bars(prediction.probabilities, 1 - model.bundle.manifest.decision.conformal_threshold),
        key="probabilities",
        alt=f"Probabilities: {answer_words}",
    )
    st.markdown(f"Probabilities, calibrated: {escape_markdown(answer_words)}.")
    st.caption(
        "A class is possible from the dashed line on: so chosen that, of images like those of validation, "
        "9 in 10 have their true class among the possible ones."
    )


@st.cache_data(max_entries=256, scope="session", show_spinner=False)
def _annotations(sha256: str, _image: InputImage) -> str:
    """Name what is drawn into an image, as the beginning of a sentence; empty where nothing is."""
    del sha256
    found = find_annotations(_image.pixels)
    names = [name for name, there in (("calipers", found.calipers), ("letters", found.text)) if there]
    return join(names).capitalize()
