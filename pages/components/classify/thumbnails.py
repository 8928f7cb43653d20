"""The visitor's images as a strip of thumbnails, each with its predicted class; one is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures.style import class_colours
from pages.components.classify import clip_predictions
from pages.components.shared import crops, image_cards, session
from pages.components.shared.image_cards import Card
from pages.components.shared.input_image import BY_CONTENT, InputImage
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.input_clip import InputClip
    from pages.components.shared.open_models import Model

_SIDE = 120  # pixels


def draw(model: Model, predicted: Sequence[PredictedImage], selected: str) -> None:
    """Draw the strip.

    Args:
        model: the model that made the predictions.
        predicted: the prediction for each of the visitor's images and clips, in their order.
        selected: SHA-256 of the selected image, not of its crop.
    """
    colours = class_colours(model.bundle.manifest.class_names)
    cards = []
    for image, one in zip(crops.shown(), predicted, strict=True):
        name = one.prediction.predicted_class
        frames = "" if image.clip is None else _frames(model, image, image.clip)
        title = f"{one.file}{', cropped' if image.crop else ''}"
        alt = f"{title}{', ' if frames else ''}{frames}: {name} {one.prediction.probabilities[name]:.1%}"
        key = image.whole.sha256
        cards.append(Card(key, _small(image), alt, name, colours[name], frames, detail=title))
    image_cards.choose(
        cards, selected, session.IMAGE.set, key=Key.STRIP, label=f"{len(cards)} images, one of them selected"
    )


def _frames(model: Model, image: InputImage, clip: InputClip) -> str:
    """Return the frames that the prediction on the card is for: a clip may wait, or be refused meanwhile."""
    known = clip_predictions.are_known(model, image)
    return f"{clip.frames} frames" if known else f"frame {image.frame + 1} only"


def large(image: InputImage) -> str:
    """Return an image as uploaded or cropped, at most so large as a screen shows it, as a ``data:`` URL."""
    return _url(image, 1024)


def _small(image: InputImage) -> str:
    return _url(image, _SIDE)


@st.cache_data(max_entries=512, scope="session", show_spinner=False, hash_funcs=BY_CONTENT)
def _url(image: InputImage, side: int) -> str:
    return image_cards.as_thumbnail(image.pixels, side)
