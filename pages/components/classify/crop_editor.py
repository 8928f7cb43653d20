"""The crop of the selected image: a rectangle over it, and the same as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.images import crop
from core.images.frame import Box
from pages.components.classify import crop_rectangle
from pages.components.shared import crops, layout, session
from pages.components.shared.keys import Key, numbered
from pages.components.shared.session import Entry
from pages.components.shared.text import escape_markdown, format_probabilities

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage

_WIDTH = 76  # of a number, pixels
_NAMES = ("Left", "Top", "Width", "Height")
_KEYS = (Key.CROP_LEFT, Key.CROP_TOP, Key.CROP_WIDTH, Key.CROP_HEIGHT)
_HELP = (
    "In pixels of the image as decoded. On the command line, `predict --crop X,Y,W,H` takes these numbers. "
    "Arrow keys move the rectangle, Shift with an arrow key resizes it. The crop stays in memory, as the "
    "image does."
)


def switch() -> None:
    """Draw the switch between the crop and the explanation of the prediction."""
    st.toggle("Crop", key=Key.CROPPING)


def draw(image: InputImage, prediction: Prediction) -> None:
    """Draw the rectangle over the whole image, its numbers, and the button that takes the crop back.

    Args:
        image: the selected image, as it is cropped.
        prediction: the prediction for it.
    """
    problem = session.CROP_PROBLEMS.get().get(image.source, "")
    said = f"Predicted class: {prediction.predicted_class}. {format_probabilities(prediction.probabilities)}."
    with st.container(key=Key.IMAGE_PLACE):
        crop_rectangle.draw(image, problem or said, refused=bool(problem))
    with layout.controls():
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
            _numbers(image)
            st.button(
                "Reset",
                icon=":material/undo:",
                type="tertiary",
                disabled=image.crop is None,
                on_click=crops.undo,
                args=(image,),
            )
        st.caption("Drag on the image, press arrow keys, or type pixels.", help=_HELP)
    if problem:
        st.error(escape_markdown(problem), icon=":material/crop:")


def _numbers(image: InputImage) -> None:
    height, width = image.whole.pixels.shape[:2]
    narrow, low = crop.smallest(width, height)
    values = crop.to_corner(image.crop or Box.whole(image.whole.pixels))
    limits = ((0, width - narrow), (0, height - low), (narrow, width), (low, height))

    # The browser sends all numbers with every click. Those that it has not yet seen replaced would count as
    # typed, and take a new rectangle back.
    made = session.CROPS_MADE.get()
    entries = [Entry(numbered(key, image.source, made), int) for key in _KEYS]

    def typed() -> None:
        if made == session.CROPS_MADE.get():
            crops.change(image, crop.from_corner(*(entry.get() for entry in entries)), typed=True)

    for name, entry, value, (least, most) in zip(_NAMES, entries, values, limits, strict=True):
        entry.set(value)
        st.number_input(name, least, most, step=1, key=entry.name, on_change=typed, width=_WIDTH)
