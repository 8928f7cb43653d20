"""Classify: upload images; see their predictions, what influenced them, and when not to trust them."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin()

from pages.components.classify import (
    clip_predictions,
    example_cards,
    intake,
    prediction_table,
    selected_image,
)
from pages.components.shared import layout, navigation, user_errors

page = layout.begin(first, navigation.CLASSIFY)
examples, place = intake.draw(page)
model = layout.model(page, with_network=True)
example_cards.draw(examples, model, large=place is None)
if place is not None:
    predicted = selected_image.draw(place, model, page.address)
    prediction_table.draw(model, predicted)
    with user_errors.show_user_errors():
        clip_predictions.classify_next(model, place.image, place.status)
