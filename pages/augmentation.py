"""Augmentation: the random changes of training, and what they do to an image and to a prediction."""

import streamlit as st

from pages.components.augmentation import controls, introduction, panels
from pages.components.augmentation.view import View
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(navigation.AUGMENTATION)
model = layout.model(page, with_network=True)

introduction.draw()
image = introduction.choose_image(model)
seed = controls.presets_and_seed()

left, right = st.columns([5, 2], gap="large")
with right:
    chosen, augmentation = controls.ranges()
    controls.downloads(augmentation)
with show_user_errors():
    view = View.of(model, image, augmentation, seed)
with left:
    panels.draw(view, controls.describe(chosen, augmentation, model.bundle.manifest.recipe.augmentation))
