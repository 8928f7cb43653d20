"""The selected image or clip: its prediction, what influenced it or its crop, and the image as uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import UserError
from pages.components.classify import (
    clip_panel,
    clip_predictions,
    crop_comparison,
    crop_editor,
    crop_proposal,
    explanation,
    report_download,
    robustness,
    similar_images,
    thumbnails,
    verdict,
)
from pages.components.classify.predictions import predict, predictions
from pages.components.shared import session
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    from core.inference.prediction_table import PredictedImage
    from pages.components.classify.intake import Place
    from pages.components.shared.open_models import Model


def draw(place: Place, model: Model, address: dict[str, str]) -> list[PredictedImage]:
    """Draw the thumbnails, the selected image and the prediction for it.

    Args:
        place: where they are drawn.
        model: the model.
        address: query parameters that name the model.

    Returns:
        The prediction for each of the visitor's images and clips; for a clip that waits, that for its frame.
    """
    image = place.image
    session.IMAGE.set(image.whole.sha256)
    # In a place of their own, so that what stands below keeps its place on the page.
    with place.status, show_user_errors():
        try:
            predicted = predictions(model)
            position = [one.sha256 for one in session.IMAGES.get()].index(image.whole.sha256)
            selected = predicted[position]
            (whole,) = predict(model, [image.whole])
            proposal = crop_proposal.find(model, image, selected)
        except UserError:
            place.prediction.empty()
            raise
    waiting = clip_predictions.waiting(model)
    with place.strip:
        thumbnails.draw(model, clip_predictions.sum_up(model, predicted), image.whole.sha256)
    with place.large.container():
        if session.CROPPING.get():
            crop_editor.draw(image, selected.prediction)
        else:
            explanation.draw(model, image, selected.prediction)
    with place.prediction.container():
        st.empty()  # a row in the place of the skeleton would show what is left of it
        with show_user_errors():
            clip = clip_panel.draw(model, image)
        verdict.heading(image, selected)
        if image.crop or session.CROPPING.get():
            crop_comparison.draw(model, image, whole.prediction, selected.prediction, proposal)
        verdict.draw(model, image, selected, proposal)
        robustness.draw(model, image, selected.prediction, address)
        similar_images.draw(model, image, selected.prediction)
        report_download.draw(model, image, selected, whole.prediction, clip)
    if clip_predictions.waiting(model) < waiting:
        st.rerun()  # the thumbnails do not have the prediction for the clip yet
    return clip_predictions.sum_up(model, predicted)
