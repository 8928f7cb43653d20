"""What stands in the place of a prediction until it has been computed: the image, and a skeleton."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.classify import thumbnails
from pages.components.shared import image_cards
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.shared.input_image import InputImage

_HEADING, _CHART, _TEXT = 40, 200, 88  # heights of what comes, pixels


def draw(image: InputImage, large: DeltaGenerator, prediction: DeltaGenerator) -> None:
    """Draw the image as uploaded, and a skeleton of its prediction, each in an ``st.empty``."""
    with large.container(), st.container(key=Key.WAITING_PLACE):
        card = Card(image.sha256, thumbnails.large(image), f"{image.name}, being classified")
        image_cards.gallery([card], key=Key.WAITING_IMAGE, label="Image that is being classified", columns=1)
    with prediction.container(), st.container(key=Key.WAITING_PREDICTION):
        for height in (_HEADING, _CHART, _TEXT):
            st.skeleton(height)
