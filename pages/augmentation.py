"""What the random changes of training do to an image, and to a model's answer."""

import streamlit as st

from pages.components.augmentation import controls, panels
from pages.components.augmentation.lessons import lessons
from pages.components.shared import images, layout, model_choice
from pages.components.shared.augmented_answers import MOST_SEED, SEED, draw_again
from pages.components.shared.text import escape_markdown

PANELS = {
    "Draws": panels.grid,
    "One at a time": panels.strips,
    "Side by side": panels.side_by_side,
    "What to look for": lessons,
}


page = layout.begin(layout.AUGMENTATION)
model = layout.model(page, with_network=True)

st.markdown(
    "With augmentation, training never shows the network the same image twice: it changes it by numbers "
    "drawn from the ranges below. They are named and measured as in Keras's `ImageDataGenerator`, which the "
    "paper used; contrast, gamma, depth gain and speckle are not in it. The training of this project runs "
    "the very code that draws this page."
)
with st.expander("Use your own image", icon=":material/upload:", expanded=False):
    images.intake()
image = images.choose() or images.example()
model_choice.warn(model, image)

with st.container(horizontal=True, vertical_alignment="bottom"):
    controls.presets()
    draw_again()
    st.number_input("Seed", 0, MOST_SEED, 0, key=SEED, bind="query-params", width=130)

views, ranges = st.columns([5, 2], gap="large")
with ranges:
    chosen, augmentation = controls.ranges()
    controls.take_along(augmentation)

with layout.show_user_errors():
    shown = panels.look(model, image, augmentation, st.session_state[SEED])
with views:
    with st.container(horizontal=True, vertical_alignment="center"):
        panels.show_image(shown.original.image, f"{image.name}, unchanged", width=96)
        with st.container(gap="xxsmall"):
            st.markdown(f"**{escape_markdown(image.name)}**, unchanged, {shown.side} pixels square")
            st.caption(controls.what_it_is(chosen, augmentation, model.bundle.manifest.recipe.augmentation))
    for tab, panel in zip(
        st.tabs(list(PANELS), key="panel", bind="query-params"), PANELS.values(), strict=True
    ):
        if tab.open:
            with tab, layout.show_user_errors():
                panel(shown)
