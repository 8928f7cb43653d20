"""How many random changes of an image keep the predicted class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.ranges import AUGMENTATIONS
from core.inference.augmented import DRAWS
from pages.components.shared import augmented_predictions, navigation, session
from pages.components.shared.keys import Key
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction, address: dict[str, str]) -> None:
    """Draw the button that counts them, the count, and a link to the page that shows them.

    Args:
        model: the model.
        image: the image to be changed.
        prediction: the prediction for the unchanged image.
        address: query parameters that name the model.
    """
    known, key, place = session.STABILITY.get(), (model.key, image.sha256), st.empty()
    if key not in known and place.button(
        "Check stability under augmentation",
        icon=":material/tune:",
        key=Key.STABILITY,
        help=f"Classifies {DRAWS} random changes of the image, drawn from the paper's ranges. A stable "
        "prediction is robust to these changes, but not necessarily correct.",
    ):
        with show_user_errors():
            # The default view of the page Augmentation: the link leads to these very draws.
            drawn = augmented_predictions.predict_draws(model, image, AUGMENTATIONS["paper"], seed=0)
        known[key] = sum(one.prediction.predicted_class == prediction.predicted_class for one in drawn)
    if key in known:
        with place.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Stable under augmentation: {known[key]} of {DRAWS} agree.", width="content")
            navigation.link(address, navigation.AUGMENTATION, fresh=True, label="See the images")
