"""The crop that is proposed where a frame is found around the ultrasound image, with its prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.images.limits import ImageError
from pages.components.classify.predictions import predict
from pages.components.shared import crops
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


class Proposal(NamedTuple):
    """A proposed crop and the prediction for it."""

    image: InputImage
    prediction: Prediction


def find(model: Model, image: InputImage, predicted: PredictedImage) -> Proposal | None:
    """Return the crop that is proposed for an image, or None.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: the queue is full.
    """
    if predicted.proposal is None:
        return None
    box = predicted.proposal
    try:
        cropped = image.cropped(box.within(image.crop) if image.crop else box)
    except ImageError:  # nothing in it looks like an ultrasound image
        return None
    return Proposal(cropped, predict(model, [cropped])[0].prediction)


def draw(proposal: Proposal) -> None:
    """Draw the button that takes it."""
    st.button(
        "Crop it" if proposal.image.clip is None else "Crop all frames",
        icon=":material/crop:",
        on_click=crops.change,
        args=(proposal.image, proposal.image.crop),
    )


def describe(prediction: Prediction, proposal: Proposal) -> str:
    """Write the predictions for an image as it is and as it is proposed to be, in Markdown."""
    return f"As it is: {_predicted(prediction)}. Cropped: {_predicted(proposal.prediction)}."


def _predicted(prediction: Prediction) -> str:
    name = prediction.predicted_class
    return f"**{escape_markdown(name)}** {prediction.probabilities[name]:.1%}"
