"""Random changes of an image with the model's predictions, computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.ranges import Augmentation
from core.augmentation.transform import apply
from core.images.preprocessing import fit
from core.inference.augmented import DRAWS, AugmentedPrediction, predict_augmented
from pages.components.shared import open_models
from pages.components.shared.input_image import BY_CONTENT, InputImage
from pages.components.shared.open_models import BY_KEY, Model

if TYPE_CHECKING:
    from core.augmentation.draw import Draw
    from core.inference.classifier import Prediction

_HASHES = BY_KEY | BY_CONTENT | {Augmentation: Augmentation.model_dump_json}
_CLASSIFYING = "Classifying the changed images …"


# A visitor's images stay in the visitor's session, and nothing here is changed by those who read it.
@st.cache_resource(max_entries=4, scope="session", show_spinner=_CLASSIFYING, hash_funcs=_HASHES)
def predict_draws(
    model: Model, image: InputImage, ranges: Augmentation, *, seed: int, count: int = DRAWS
) -> list[AugmentedPrediction]:
    """Return changes of an image drawn from the ranges, and the model's prediction for each.

    Raises:
        BundleError: the network cannot be loaded.
    """
    return predict_augmented(open_models.classifier(model), image.pixels, ranges, seed=seed, count=count)


@st.cache_resource(max_entries=8, scope="session", show_spinner=_CLASSIFYING, hash_funcs=_HASHES)
def predict_changes(model: Model, image: InputImage, changes: tuple[Draw, ...]) -> list[Prediction]:
    """Return the model's prediction for an image under each of the given changes.

    Raises:
        BundleError: the network cannot be loaded.
    """
    if not changes:
        return []
    classifier = open_models.classifier(model)
    fitted = fit(image.pixels, classifier.preprocessing)
    return classifier.classify_fitted([apply(fitted, change) for change in changes])
