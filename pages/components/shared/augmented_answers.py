"""Random changes of an image with the model's answers, computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.ranges import Augmentation
from core.augmentation.transform import apply
from core.images.preprocessing import fit
from core.inference.augmented import DRAWS, AugmentedPrediction, predict_augmented
from pages.components.shared import open_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.augmentation.draw import Draw
    from core.inference.classifier import Prediction
    from pages.components.shared.images import InputImage

# Key of the widget that holds the seed, the same on every page.
SEED, MOST_SEED = "seed", 9999


def draw_again() -> None:
    """Draw the button that goes on to the next seed; the widget of ``SEED`` is drawn beside it."""
    st.button("Draw again", icon=":material/casino:", shortcut="d", on_click=_next_seed)


def answered(
    model: open_models.Model, image: InputImage, ranges: Augmentation, *, seed: int, count: int = DRAWS
) -> list[AugmentedPrediction]:
    """Return changes of an image drawn from the ranges, and the model's answer to each.

    Raises:
        BundleError: the network cannot be loaded.
    """
    return _answered(model.key, image.sha256, ranges.model_dump_json(), seed, count, model, image)


# A visitor's images stay in the visitor's session, and nothing here is changed by those who read it.
@st.cache_resource(max_entries=4, scope="session", show_spinner="Classifying the changed images …")
def _answered(
    key: str, sha256: str, ranges: str, seed: int, count: int, _model: open_models.Model, _image: InputImage
) -> list[AugmentedPrediction]:
    del key, sha256
    return predict_augmented(
        open_models.classifier(_model),
        _image.pixels,
        Augmentation.model_validate_json(ranges),
        seed=seed,
        count=count,
    )


def _next_seed() -> None:
    st.session_state[SEED] = (st.session_state[SEED] + 1) % (MOST_SEED + 1)


def under(model: open_models.Model, image: InputImage, changes: Sequence[Draw]) -> list[Prediction]:
    """Return the model's answer to an image under each of the given changes.

    Raises:
        BundleError: the network cannot be loaded.
    """
    return _under(model.key, image.sha256, tuple(changes), model, image) if changes else []


@st.cache_resource(max_entries=8, scope="session", show_spinner="Classifying the changed images …")
def _under(
    key: str, sha256: str, changes: tuple[Draw, ...], _model: open_models.Model, _image: InputImage
) -> list[Prediction]:
    del key, sha256
    classifier = open_models.classifier(_model)
    fitted = fit(_image.pixels, classifier.preprocessing)
    return classifier.classify_fitted([apply(fitted, change) for change in changes])
