"""Home: a prediction at a glance, what each page teaches, and what the results are worth."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin(charts=True)

import streamlit as st

from pages.components.home import background, chosen_model, example_prediction, page_cards, protocols
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(first, navigation.HOME, "Breast ultrasound classifier")
with layout.main_object():
    place = example_prediction.draw_known(page)

st.subheader("What you can learn here", anchor="pages")
page_cards.draw(page, place.shown)

protocols.draw(page)
numbers = st.container()
background.draw()

# Last, because a model on the Hub may have to be fetched first, and a network to be loaded.
with show_user_errors(), numbers:
    model = layout.model(page)
    chosen_model.draw(model)
with st.container():
    example_prediction.update(place, model)
