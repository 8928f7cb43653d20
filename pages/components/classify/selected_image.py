"""The selected image: its prediction, what influenced it, and the image as uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.classify import explanation, robustness, verdict
from pages.components.shared import images, model_choice
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.layout import PageState
    from pages.components.shared.open_models import Model


def select(page: PageState) -> InputImage:
    """Draw the image picker; without an image say what to do, and end the page."""
    image = images.select()
    if image is None:
        note = model_choice.routing_note(page.offered)
        st.info(
            "Upload one or several images, or simulate one, to get a prediction."
            + (f" {note}" if note else ""),
            icon=":material/arrow_upward:",
        )
        st.stop()
    return image


def draw(model: Model, image: InputImage, predicted: PredictedImage, address: dict[str, str]) -> None:
    """Draw the prediction for an image.

    Args:
        model: the model.
        image: the image.
        predicted: its prediction.
        address: query parameters that name the model.
    """
    prediction = predicted.prediction
    st.subheader(f"Predicted class: {escape_markdown(prediction.predicted_class)}")
    left, right = st.columns(2, gap="large")
    with left:
        verdict.draw_warnings(model, image, predicted)
        verdict.draw_probabilities(model, image, prediction)
        robustness.draw(model, image, prediction, address)
    with right:
        explanation.draw(model, image, prediction)
    with st.expander("The original image", icon=":material/image:"):
        height, width = image.pixels.shape[:2]
        st.image(
            image.pixels,
            caption=f"{escape_markdown(image.name)}, {width} × {height} pixels",
            alt=image.name,
        )
