"""What augmentation is, and the image that the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.shared import images, model_choice

if TYPE_CHECKING:
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


def draw() -> None:
    """Draw the explanation."""
    st.markdown(
        "Augmentation changes each training image at random, so the network never sees the same image twice.",
        help="Ranges are named and measured as in Keras's `ImageDataGenerator`, which the paper used; "
        "contrast, gamma, depth gain and speckle are additions. Training in this project runs the same code.",
    )


def choose_image(model: Model) -> InputImage:
    """Draw the uploader and the image picker; return the visitor's image, or else a simulated one."""
    with st.expander("Use your own image", icon=":material/upload:", expanded=False):
        images.intake()
    image = images.select() or images.example()
    images.show_notes(image)
    model_choice.domain_warning(model, image)
    return image
