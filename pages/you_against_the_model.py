"""You against the model: classify test images without knowing their classes, and compare yourself."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin(charts=True)

import streamlit as st

from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors
from pages.components.you_against_the_model import game, image_source, result, settings, sharing, shown_set

page = layout.begin(first, navigation.YOU_AGAINST_THE_MODEL)
model = layout.model(page)
asked = settings.read()
with show_user_errors():
    source = image_source.find(model)

if source is not None:
    shown = shown_set.draw(source, asked)
    answers = result.read(shown)
    with show_user_errors():
        if answers is None:
            with layout.controls(), st.container(horizontal=True, vertical_alignment="bottom"):
                settings.choose(asked)
                sharing.of_set(model, asked)
            game.draw(shown, asked)
        else:
            result.draw(model, shown, asked, answers)
image_source.wait(model, source)
