"""Augmentation: the random changes of training, and what they do to an image and to a prediction."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin()

import streamlit as st

from pages.components.augmentation import controls, panels, popovers
from pages.components.augmentation.view import View
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(first, navigation.AUGMENTATION)
model = layout.model(page, with_network=controls.predicts())

row = st.container(horizontal=True)
left, right = row.container(), row.container(width=224)
with left:
    tabs = panels.tabs()
with right, layout.controls(), st.container(gap="xsmall"):
    files = st.container(horizontal=True, gap="xsmall")
    seed = controls.draw_again()
    predicts, details = controls.switches()
    chosen, augmentation = controls.ranges()
    with files:
        image = popovers.choose_image(model)
        popovers.downloads(augmentation)
with left, show_user_errors():
    view = View.of(model, image, augmentation, seed=seed, predicts=predicts, details=details)
    trained = model.bundle.manifest.recipe.augmentation
    panels.draw(tabs, view, controls.describe(chosen, augmentation, trained))
