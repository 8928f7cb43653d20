"""Reasons not to trust a prediction: one line each, with the details behind its help icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS
from core.images.burned_in import find_annotations
from core.serving import routing
from pages.components.shared import model_choice
from pages.components.shared.input_image import BY_CONTENT, InputImage
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown, join

if TYPE_CHECKING:
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.open_models import Model

_IN_TRAINING = {
    SAME_PIXELS: "The training data has this image",
    NEAR_DUPLICATE: "The training data has a near-duplicate of this image",
    MIRROR_IMAGE: "The training data has a mirror image of this image",
}
_DISTANCES = {
    "nearest": "Distance to the nearest training image",
    "mahalanobis": "Mahalanobis distance to the training images",
    "statistics": "Distance to the grey values, colours and texture of the training images",
}


class Finding(NamedTuple):
    """A reason not to trust a prediction.

    Attributes:
        icon: name of a Material icon.
        title: name of the reason.
        line: what it means, in Markdown.
        details: sentences behind the help icon, in Markdown; None without any.
    """

    icon: str
    title: str
    line: str
    details: str | None = None


def draw(model: Model, image: InputImage, predicted: PredictedImage) -> None:
    """Draw what was found, and a model that suits the image better where there is one."""
    found = [*_of_image(image), *of_prediction(model, predicted)]
    outside = routing.domain_warning(model.bundle.manifest.data, simulated=image.simulated)
    if outside:
        found.insert(0, Finding("science", "Outside the training domain", outside))
    with st.container(key=Key.CHECKS, gap="xsmall"):
        for finding in found:
            st.markdown(
                f":material/{finding.icon}: **{finding.title}.** {finding.line}", help=finding.details
            )
        if not found:
            st.markdown(
                ":material/check: **Checks passed.** That does not make the prediction correct.",
                help="The image is of the kind that the model was trained on, without a frame or burned-in "
                "annotations, not in the training data, near enough to it, and one class is possible.",
            )
    if outside:
        model_choice.offer_suited(image)


def of_prediction(model: Model, predicted: PredictedImage) -> list[Finding]:
    """Return the reasons that the image's prediction gives."""
    found, prediction = [], predicted.prediction
    if predicted.warning:
        found.append(
            Finding("crop_free", "Frame around the image", "Crop it and classify again.", predicted.warning)
        )
    if predicted.seen:
        what = _IN_TRAINING[predicted.seen.by]
        found.append(
            Finding(
                "content_copy",
                "Seen in training",
                "A correct prediction proves nothing.",
                f"{what}: {escape_markdown(predicted.seen.file)}.",
            )
        )
    if prediction.unlike_training:
        limits = model.bundle.manifest.decision.domain_limits
        found.append(
            Finding(
                "travel_explore",
                "Out of distribution",
                "The prediction is unreliable.",
                " ".join(
                    f"{_DISTANCES[limit.score]}: {prediction.distances[limit.score]:.3g}. Above "
                    f"{limit.threshold:.3g}, {limit.rule}, an image is out of distribution."
                    for limit in limits
                    if prediction.distances[limit.score] > limit.threshold
                ),
            )
        )
    if len(prediction.possible) != 1:
        several = (
            "More than one class is possible."
            if prediction.possible
            else "No class is probable enough: few validation images were like this one."
        )
        found.append(Finding("help", "Not sure", several))
    return found


def _of_image(image: InputImage) -> list[Finding]:
    marks = _annotations(image)
    if not marks:
        return []
    return [
        Finding(
            "straighten",
            "Burned-in annotations",
            "Use an export without them.",
            f"{marks} seem to be burned into this image. A network can learn such marks instead of tissue.",
        )
    ]


@st.cache_data(max_entries=256, scope="session", show_spinner=False, hash_funcs=BY_CONTENT)
def _annotations(image: InputImage) -> str:
    """Name the annotations burned into an image, as the beginning of a sentence; empty without any."""
    found = find_annotations(image.pixels)
    names = [name for name, there in (("calipers", found.calipers), ("letters", found.text)) if there]
    return join(names).capitalize()
