"""The predicted probabilities of an image, and reasons not to trust them."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from core.bundle.manifest import TEST_SET
from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS
from core.evaluation.conformal import set_coverage
from core.evaluation.predictions import LabelledPredictions
from core.figures.probabilities import probability_bars
from core.images.burned_in import find_annotations
from pages.components.shared import chart, images, model_choice, open_models
from pages.components.shared.input_image import InputImage
from pages.components.shared.open_models import BY_KEY
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown, format_percent, format_probabilities, join

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.open_models import Model

_IN_TRAINING = {
    SAME_PIXELS: "The training data has this image",
    NEAR_DUPLICATE: "The training data has a near-duplicate of this image",
    MIRROR_IMAGE: "The training data has a mirror image of this image",
}


def draw_warnings(model: Model, image: InputImage, predicted: PredictedImage) -> None:
    """Draw the reasons not to trust a prediction."""
    manifest, prediction = model.bundle.manifest, predicted.prediction
    model_choice.domain_warning(model, image)
    if predicted.warning:
        st.warning(predicted.warning, title="Frame around the ultrasound image", icon=":material/crop_free:")
    if predicted.seen:
        st.warning(
            f"{_IN_TRAINING[predicted.seen.by]}: {escape_markdown(predicted.seen.file)}. "
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
            f"Possible classes: {join(possible)}. {_coverage(model)}"
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
    images.show_notes(image)
    chart.draw(
        probability_bars(prediction.probabilities, _possible_from(model)),
        key=Key.PROBABILITY_CHART,
        alt=f"Probabilities: {probabilities}",
    )
    st.markdown(
        f"Calibrated probabilities: {escape_markdown(probabilities)}.",
        help="Classes at or above the dashed line are possible (conformal prediction). It was chosen so "
        "that, on average, 90 % of images like those of the validation set have their true class among the "
        f"possible ones; that is not said of a single image. {_coverage(model)}",
    )


def _possible_from(model: Model) -> dict[str, float]:
    """Return the probability from which each class is possible."""
    manifest = model.bundle.manifest
    return {name: 1 - manifest.decision.conformal_threshold_of(name) for name in manifest.class_names}


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_KEY)
def _coverage(model: Model) -> str:
    """Return how many test images have their true class among the possible ones, in Markdown."""
    names = model.bundle.manifest.class_names
    predictions = LabelledPredictions.from_table(open_models.table(model, TEST_SET), names)
    decision = model.bundle.manifest.decision
    found = set_coverage(*predictions, [decision.conformal_threshold_of(name) for name in names])
    classes = [
        f"{escape_markdown(name)} {format_percent(share)}"
        for name, share in zip(names, found.by_class, strict=True)
        if share is not None
    ]
    return (
        "On the test set, the true class is among the possible ones for "
        f"{format_percent(found.overall)} of the images ({join(classes)})."
    )


@st.cache_data(
    max_entries=256, scope="session", show_spinner=False, hash_funcs={InputImage: attrgetter("sha256")}
)
def _annotations(image: InputImage) -> str:
    """Name the annotations burned into an image, as the beginning of a sentence; empty without any."""
    found = find_annotations(image.pixels)
    names = [name for name, there in (("calipers", found.calipers), ("letters", found.text)) if there]
    return join(names).capitalize()
