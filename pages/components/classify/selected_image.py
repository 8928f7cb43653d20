"""The selected image: its prediction, what influenced it, and the image as uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UserError
from pages.components.classify import (
    explanation,
    report_download,
    robustness,
    similar_images,
    thumbnails,
    verdict,
)
from pages.components.classify.predictions import predictions
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
        The prediction for each of the visitor's images.
    """
    image = place.image
    session.IMAGE.set(image.sha256)
    # In a place of their own, so that what stands below keeps its place on the page.
    with place.status, show_user_errors():
        try:
            predicted = predictions(model)
        except UserError:
            place.prediction.empty()
            raise
    selected = next(one for one in predicted if one.sha256 == image.sha256)
    with place.strip:
        thumbnails.draw(model, predicted, image.sha256)
    with place.large.container():
        explanation.draw(model, image, selected.prediction)
    with place.prediction.container():
        verdict.draw(model, image, selected)
        robustness.draw(model, image, selected.prediction, address)
        similar_images.draw(model, image, selected.prediction)
        report_download.draw(model, image, selected)
    return predicted
