"""The ranges of an augmentation as widgets, each in the page's address, and the same to take along."""

from __future__ import annotations

import streamlit as st

from core.augmentation import preview
from core.augmentation.keras_code import keras_program
from core.augmentation.ranges import AUGMENTATIONS, Augmentation

# Field → label, largest value, step. The ranges reach further than is sensible: that is what there is to see.
_REACHES = {
    "rotation_range": ("Rotation, degrees", 180.0, 1.0),
    "shear_range": ("Shear, degrees", 45.0, 0.1),
    "width_shift_range": ("Shift, share of the width", 0.5, 0.01),
    "height_shift_range": ("Shift, share of the height", 0.5, 0.01),
}
# The same with two ends: field → label, smallest and largest value, step.
_RANGES = {
    "zoom_range": ("Zoom, factors", 0.5, 2.0, 0.05),
    "brightness_range": ("Brightness, factors", 0.25, 2.0, 0.05),
    "contrast_range": ("Contrast, factors", 0.25, 2.0, 0.05),
    "gamma_range": ("Gamma, exponents", 0.25, 2.0, 0.05),
    "depth_gain_range": ("Depth gain, factors", 0.25, 2.0, 0.05),
    "speckle_range": ("Speckle, standard deviations", 0.0, 0.5, 0.01),
}
_RADIANS = "radians"
_JSON, _PROGRAM = "augmentation.json", "augmentation.py"
_DEFAULTS = AUGMENTATIONS["paper"].model_dump()


def presets() -> None:
    """Draw a button for each named augmentation."""
    st.caption("Presets", width="content")
    for name, preset in AUGMENTATIONS.items():
        st.button(name, on_click=_set, args=(preset,), key=f"preset {name}")


def ranges() -> tuple[Augmentation, Augmentation]:
    """Draw the controls.

    Returns:
        The augmentation as the sliders have it, and the one to be shown: another where the shear is read as
        radians.
    """
    for field, (label, largest, step) in _REACHES.items():
        st.slider(
            label,
            0.0,
            largest,
            _DEFAULTS[field],
            step,
            "%g",
            key=field,
            help=_help(field),
            bind="query-params",
        )
        if field == "shear_range":
            st.toggle(
                "Shear as radians",
                key=_RADIANS,
                help="Shows what people take the number for. Keras, and training here, read degrees.",
                bind="query-params",
            )
    for field, (label, smallest, largest, step) in _RANGES.items():
        st.slider(
            label,
            smallest,
            largest,
            _DEFAULTS[field],
            step,
            "%g",
            key=field,
            help=_help(field),
            bind="query-params",
        )
    st.toggle(
        "Mirror left to right", key="horizontal_flip", help=_help("horizontal_flip"), bind="query-params"
    )
    values = {field: st.session_state[field] for field in Augmentation.model_fields}
    chosen = Augmentation.model_validate(values)
    return chosen, preview.shear_as_radians(chosen) if st.session_state[_RADIANS] else chosen


def what_it_is(chosen: Augmentation, shown: Augmentation, trained: Augmentation) -> str:
    """Say which preset the ranges are, and whether the shown model was trained with them."""
    names = [name for name, preset in AUGMENTATIONS.items() if preset == chosen]
    if shown != chosen:
        return (
            f"Shear {chosen.shear_range:g} is shown as if it were radians: {shown.shear_range:.1f} degrees. "
            f"Keras reads {chosen.shear_range:g} degrees."
        )
    return (
        f"These are the ranges of the preset **{names[0]}**. " if names else "These are your own ranges. "
    ) + (
        "The shown model was trained with them."
        if trained == chosen
        else "The shown model was trained with others."
    )


def take_along(shown: Augmentation) -> None:
    """Offer the shown augmentation as a file for training and as a program for TensorFlow."""
    program = keras_program(shown, _PROGRAM)
    with st.container(horizontal=True):
        st.download_button(
            "JSON for training",
            shown.model_dump_json(indent=2),
            _JSON,
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Program for TensorFlow",
            program,
            _PROGRAM,
            "text/x-python",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("Train with exactly these ranges:")
    st.code(
        f"python train_cli.py train DATA \\\n  --output DIR --augmentation {_JSON}",
        language=None,  # the colours of code are too faint on either theme
        wrap_lines=True,
    )
    with st.expander("The program", icon=":material/code:"):
        st.code(program, language=None, wrap_lines=True)


def _set(preset: Augmentation) -> None:
    for field, value in preset.model_dump().items():
        st.session_state[field] = value
    st.session_state[_RADIANS] = False


def _help(field: str) -> str:
    return f"`{field}`: {Augmentation.model_fields[field].description}"
