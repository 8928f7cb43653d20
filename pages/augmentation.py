"""What the random changes of training do to a picture."""

import math

import numpy as np
import streamlit as st

from core import augmentation, images
from core.recipe import AUGMENTATIONS, Augmentation
from pages.components import frame, pictures
from pages.components.words import drawn as in_words
from pages.components.words import plain

DRAWS = 11  # with the picture itself twelve, which fill two, three or four columns
# Field → label, largest value, step. The ranges reach further than is sensible: that is what there is to see.
REACHES = {
    "rotation_range": ("Rotation, degrees", 180.0, 1.0),
    "shear_range": ("Shear, degrees", 45.0, 0.1),
    "width_shift_range": ("Shift, share of the width", 0.5, 0.01),
    "height_shift_range": ("Shift, share of the height", 0.5, 0.01),
}
FACTORS = {
    "zoom_range": ("Zoom, factors", 0.5, 2.0),
    "brightness_range": ("Brightness, factors", 0.25, 2.0),
    "contrast_range": ("Contrast, factors", 0.25, 2.0),
    "gamma_range": ("Gamma, exponents", 0.25, 2.0),
}


def _set(preset: Augmentation) -> None:
    for field, value in preset.model_dump().items():
        st.session_state[field] = value


def _draw_again() -> None:
    st.session_state["draws seed"] += 1


def _help(field: str) -> str:
    return f"`{field}`: {Augmentation.model_fields[field].description}"


frame_drawn = frame.start(frame.AUGMENTATION)
model = frame.model(frame_drawn)
st.session_state.setdefault("draws seed", 0)
if "rotation_range" not in st.session_state:
    _set(AUGMENTATIONS["paper"])

st.markdown(
    "With augmentation, training never shows the network the same picture twice: it changes it by numbers "
    "drawn from the ranges below. They are named and measured as in Keras's `ImageDataGenerator`, which the "
    "paper used, and the training of this project runs the very code that draws this page."
)
with st.expander("Use your own picture", icon=":material/upload:", expanded=False):
    pictures.intake()
picture = pictures.choose() or pictures.example()

controls, grid = st.columns([1, 2], gap="large")
with controls:
    st.caption("Presets")
    with st.container(horizontal=True):
        for name, preset in AUGMENTATIONS.items():
            st.button(name, on_click=_set, args=(preset,), key=f"preset {name}")
    for field, (label, largest, step) in REACHES.items():
        st.slider(label, 0.0, largest, step=step, key=field, help=_help(field), persist_state="session")
    for field, (label, smallest, largest) in FACTORS.items():
        st.slider(label, smallest, largest, step=0.05, key=field, help=_help(field), persist_state="session")
    st.toggle(
        "Mirror left to right", key="horizontal_flip", help=_help("horizontal_flip"), persist_state="session"
    )

chosen = Augmentation.model_validate({field: st.session_state[field] for field in Augmentation.model_fields})
same_as = [name for name, preset in AUGMENTATIONS.items() if preset == chosen]
fitted = images.fit(picture.pixels, model.bundle.manifest.recipe.preprocessing)
size = fitted.shape[0]
rng = np.random.default_rng(st.session_state["draws seed"])
draws = [augmentation.draw(chosen, rng, (size, size)) for _ in range(DRAWS)]

with grid:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Draw again", icon=":material/casino:", shortcut="d", on_click=_draw_again)
        used = model.bundle.manifest.recipe.augmentation == chosen
        st.caption(
            (
                f"These are the ranges of the preset **{same_as[0]}**. "
                if same_as
                else "These are your own ranges. "
            )
            + (
                "The shown model was trained with them."
                if used
                else "The shown model was trained with others."
            ),
            width="stretch",
        )
    with st.grid(4, min_column_width=130):
        with st.container():
            st.image(fitted, width="stretch", alt=f"{picture.name}, unchanged")
            st.caption(f"**{plain(picture.name)}**, unchanged, {size} pixels square")
        for number, draw in enumerate(draws, start=1):
            with st.container():
                st.image(
                    augmentation.apply(fitted, draw), width="stretch", alt=f"Draw {number}: {in_words(draw)}"
                )
                st.caption(in_words(draw))

st.subheader("What to look for")
edge = size / 2 * math.tan(math.radians(AUGMENTATIONS["paper"].shear_range))
st.markdown(
    "- **The paper's shear of 0.2 is 0.2 degrees.** In Keras's generator `shear_range` is an angle in "
    f"degrees: at {size} pixels it moves the border by at most {edge:.2f} of a pixel, which nobody can see. "
    "It is often taken for radians (0.2 would be 11.5 degrees): move the slider to 11.5 to see that.\n"
    "- **Zoom draws the two axes apart**, so it also squeezes: round lesions become oval, and their shape is "
    "what radiologists look at.\n"
    "- **Whatever comes in from outside is smeared**: the nearest pixel of the border is repeated "
    "(`fill_mode='nearest'`). Set a large rotation to see the streaks.\n"
    "- **Keras crosses the two shifts**: in version 3 the share of the width moves a picture up and down, "
    "and the share of the height sideways. This page does the same, as training does."
)
