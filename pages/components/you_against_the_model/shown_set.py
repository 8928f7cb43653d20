"""The set that the address names: its images, and what the model predicts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.errors import UserError
from core.evaluation.predictions import row_probabilities
from core.serving import blinded_set
from pages.components.shared import image_cards, requests

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.serving.result_link import Settings
    from pages.components.you_against_the_model.image_source import Source

LARGEST = 560
"""Pixels of an image's longer side in the game, at most."""


class ShownSet(NamedTuple):
    """A set of images.

    Attributes:
        source: where it was drawn from.
        drawn: its rows of ``source.images``, in the order in which they are shown.
        name: name of the set, the same wherever images and model are the same.
    """

    source: Source
    drawn: pd.DataFrame
    name: str


def draw(source: Source, settings: Settings) -> ShownSet:
    """Draw the set of a seed; nothing is shown."""
    drawn = blinded_set.draw(source.images, settings.seed, settings.images)
    return ShownSet(source, drawn, blinded_set.name(drawn, source.model.key))


def urls(shown: ShownSet) -> list[str]:
    """Return the images as ``data:`` URLs, which tell no names.

    Raises:
        UserError: an image is gone.
    """
    return _urls(shown.name, shown)


def probabilities(shown: ShownSet) -> list[dict[str, float]]:
    """Return the model's probabilities by class for each image: those stored with its test set, or new ones.

    Raises:
        UserError: an image is gone, or the network cannot be loaded.
        QueueFullError: the queue is full; a button to try again has been drawn.
    """
    if not shown.source.tested:
        known = _predicted(shown.name)
        if not known:
            predictions = requests.classify(shown.source.model, _pixels(shown))
            # As a whole: two visitors may end the same set at the same time.
            known[:] = [prediction.probabilities for prediction in predictions]
        return known
    names = shown.source.model.bundle.manifest.class_names
    return [row_probabilities(row, names) for row in shown.drawn.to_dict("records")]


# The name of the set tells its images and its model.
@st.cache_data(max_entries=32, show_spinner=False)
def _urls(name: str, _shown: ShownSet) -> list[str]:  # noqa: ARG001
    if _shown.source.fitted:  # small, so that one would see the artefacts of a JPEG file
        return list(map(image_cards.as_url, _pixels(_shown)))
    return [image_cards.as_thumbnail(pixels, LARGEST) for pixels in _pixels(_shown)]


@st.cache_resource(max_entries=64, show_spinner=False)
def _predicted(name: str) -> list[dict[str, float]]:  # noqa: ARG001 - the key of the cache
    return []


def _pixels(shown: ShownSet) -> list[NDArray[np.uint8]]:
    found = [shown.source.read(sha256) for sha256 in shown.drawn["sha256"]]
    pixels = [one for one in found if one is not None]
    if len(pixels) < len(found):
        raise UserError(
            "An image of this set is gone: its file was changed or removed. Reload the page for a new set."
        )
    return pixels
