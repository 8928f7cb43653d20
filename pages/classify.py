"""Classify: upload images; see their predictions, what influenced them, and when not to trust them."""

from pages.components.classify import intake, prediction_table, selected_image
from pages.components.classify.predictions import predictions
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(navigation.CLASSIFY)
model = layout.model(page, with_network=True)

intake.draw()
image = selected_image.select(page)
with show_user_errors():
    predicted = predictions(model)

selected_image.draw(model, image, next(one for one in predicted if one.sha256 == image.sha256), page.address)
prediction_table.draw(model, predicted)
