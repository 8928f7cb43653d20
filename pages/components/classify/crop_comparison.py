"""The whole image beside its crop, each as the network saw it, with its prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures.style import class_colours
from core.images import crop
from pages.components.shared import image_cards
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from pages.components.classify.crop_proposal import Proposal
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

_WIDTH = 280  # pixels


def draw(
    model: Model, image: InputImage, whole: Prediction, predicted: Prediction, proposal: Proposal | None
) -> None:
    """Draw the whole image and the crop, or that which is proposed; its place is free where there is none.

    Args:
        model: the model.
        image: the selected image, as it is cropped.
        whole: the prediction for the whole image.
        predicted: the prediction for the image as it is cropped.
        proposal: the crop that is proposed, or None.
    """
    cards = [_card(model, "Whole image", whole)]
    if image.crop is not None:
        _, _, width, height = crop.to_corner(image.crop)
        cards.append(_card(model, f"Crop, {width} × {height}", predicted))
    elif proposal is not None:
        cards.append(_card(model, "Proposed crop", proposal.prediction)._replace(mark=True))
    with st.container(width=_WIDTH):
        image_cards.gallery(
            cards,
            key=Key.CROP_COMPARISON,
            label="The whole image and its crop, as the network saw them",
            columns=2,
            places=2,
        )


def _card(model: Model, what: str, prediction: Prediction) -> Card:
    name = prediction.predicted_class
    said = f"{name} {prediction.probabilities[name]:.1%}"
    colour = class_colours(model.bundle.manifest.class_names)[name]
    alt = f"{what} as the network saw it: {said}"
    return Card(what, image_cards.as_url(prediction.image), alt, said, colour, note=what)
