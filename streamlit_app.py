"""Home: what the app is, an example, and where each page leads."""

import streamlit as st

from pages.components.home import chosen_model, example, introduction, overview, page_cards
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(navigation.HOME, "Breast ultrasound classifier")
introduction.draw()

st.subheader("An example", anchor="example")
place = example.draw_embedded()
page_cards.draw_upload(page)

st.subheader("The pages", anchor="pages")
page_cards.draw(page)

overview.draw(page)
introduction.draw_background()

# Last, because a model on the Hub may have to be fetched first.
with show_user_errors(), st.container():
    model = layout.model(page)
    chosen_model.draw(model)
    example.replace(place, model)
