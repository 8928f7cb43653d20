"""The known images that are most similar to the selected one, with their classes; computed while shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.bundle import known_images
from core.data.image_facts import pixel_hash
from core.figures.style import class_colours
from core.inference.similar import OF_EACH_SET, SimilarImages
from pages.components.classify import known_pixels
from pages.components.shared import data_folder, data_table, image_cards, navigation
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.inference.classifier import Prediction
    from core.inference.similar import SimilarImage
    from pages.components.classify.known_pixels import KnownPixels
    from pages.components.shared.input_image import InputImage

_SIDE = 240  # pixels
_NARROWEST = 130  # pixels, on which "predicted as malignant" fits
_SETS = {"test": "Test images", "train": "Training images"}


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the panel; what is in it is computed once it is open."""
    panel = st.expander(
        "Similar known images", icon=":material/image_search:", key=Key.SIMILAR, bind="query-params"
    )
    navigation.remember(navigation.CLASSIFY)
    if not panel.open:
        return
    with panel, show_user_errors():
        found, pixels = find(model, image, prediction, wait=True)
        _images(model, found, pixels)
        st.caption(known_images.LIKENESS)
        if said := known_images.describe_agreement(model.bundle.manifest):
            st.caption(said)


def find(
    model: Model, image: InputImage, prediction: Prediction, *, wait: bool
) -> tuple[list[SimilarImage], KnownPixels]:
    """Return the known images that are most similar, and where their pixels can be had.

    Args:
        model: model of the prediction.
        image: the new image.
        prediction: prediction for it.
        wait: whether to wait until the data folder has been read.

    Raises:
        BundleError: a file of the bundle cannot be read.
    """
    similar = _embedded(model)
    found = similar.nearest(prediction)
    pixels = known_pixels.find(model, [one.sha256 for one in found], wait=wait)
    return similar.matched(found, image.pixels, pixel_hash(image.pixels), prediction, pixels.image), pixels


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_KEY)
def _embedded(model: Model) -> SimilarImages:
    return SimilarImages(model.bundle)


def _images(model: Model, found: Sequence[SimilarImage], pixels: KnownPixels) -> None:
    if not found:
        st.info(
            "This model does not tell of which images its embeddings are, so there is nothing to compare "
            "with. Train it again, or choose another model.",
            icon=":material/info:",
        )
        return
    shown = {one.sha256: image for one in found if (image := pixels.image(one.sha256)) is not None}
    for name, title in _SETS.items():
        of_set = [one for one in found if one.set == name and one.sha256 in shown]
        if of_set:
            what = "true class, prediction, distance" if name == "test" else "true class, distance"
            st.markdown(f":small[**{title}**: {what}]")
            image_cards.gallery(
                [_card(model, one, shown[one.sha256]) for one in of_set],
                key=numbered(Key.SIMILAR_IMAGES, name),
                label=f"{title}, the most similar first",
                columns=OF_EACH_SET,
                narrowest=_NARROWEST,
                details=True,
            )
    if others := [one for one in found if one.sha256 not in shown]:
        _table(others)
        _note_missing(model, pixels, len(others), len(found))


def _card(model: Model, one: SimilarImage, image: NDArray[np.uint8]) -> Card:
    predicted = f"predicted as {one.predicted_class}" if one.predicted_class else ""
    match = f"{one.match_in_words.capitalize()}. " if one.match else ""
    return Card(
        one.sha256,
        image_cards.as_thumbnail(image, _SIDE),
        f"{_SETS[one.set][:-1]} {one.file}, true class {one.true_class}"
        f"{f', {predicted}' if predicted else ''}, distance {one.distance:.3f}",
        label=one.true_class,
        colour=class_colours(model.bundle.manifest.class_names)[one.true_class],
        note=predicted,
        detail=f"{match}{one.distance:.3f} · {one.name}",
        mark=one.match is not None,
    )


def _table(found: Sequence[SimilarImage]) -> None:
    table = pd.DataFrame(
        {
            "set": [_SETS[one.set].split()[0].lower() for one in found],
            "true class": [one.true_class for one in found],
            "predicted as": [one.predicted_class or "" for one in found],
            "distance": [one.distance for one in found],
            "image": [one.name for one in found],
            "match": [one.match_in_words for one in found],
        }
    )
    empty = [name for name in ("predicted as", "match") if not table[name].any()]
    data_table.draw(
        table.drop(columns=empty),
        alt=f"The {len(found)} most similar known images",
        column_config={"distance": st.column_config.NumberColumn(format="%.3f")},
    )


def _note_missing(model: Model, pixels: KnownPixels, missing: int, count: int) -> None:
    data = model.bundle.manifest.data
    if data.simulated:
        where = "Training images are simulated, and no bundle keeps them."
    elif data_folder.setting() is None:
        name = escape_markdown(data.name)
        where = f"To see them, set DATA_DIR to the folder of {name}, or EXAMPLES to a data set of the Hub."
    else:
        where = f"They are not in the data folder either. {escape_markdown(pixels.problem)}".strip()
    which = "These images" if missing == count else f"{missing} of these {count} images"
    st.caption(
        f":material/hide_image: {which} cannot be shown.", help=f"The bundle does not hold them. {where}"
    )
