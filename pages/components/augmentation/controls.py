"""The ranges of an augmentation as widgets, and as files to download."""

from __future__ import annotations

import streamlit as st

from core.augmentation import preview
from core.augmentation.keras_code import keras_program
from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from pages.components.shared import session
from pages.components.shared.session import Key

# Field → label, largest value, step. The ranges go further than is sensible, so that this can be seen.
_SYMMETRIC = {
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
_MIRROR = "horizontal_flip"  # a field too
_MAX_SEED = 9999
_JSON, _PROGRAM = "augmentation.json", "augmentation.py"
_DEFAULTS = AUGMENTATIONS["paper"].model_dump()


def presets_and_seed() -> int:
    """Draw a button for each named augmentation, and the seed; return the seed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.caption("Presets", width="content")
        for name, preset in AUGMENTATIONS.items():
            st.button(name, on_click=_set, args=(preset,), key=session.numbered(Key.PRESET, name))
        st.button("Draw again", icon=":material/casino:", shortcut="d", on_click=_next_seed)
        return int(st.number_input("Seed", 0, _MAX_SEED, 0, key=Key.SEED, bind="query-params", width=130))


def ranges() -> tuple[Augmentation, Augmentation]:
    """Draw the ranges.

    Returns:
        The augmentation as set, and the one to be shown: they differ where the shear is read as radians.
    """
    for field, (label, largest, step) in _SYMMETRIC.items():
        _slider(field, label, 0.0, largest, step)
        if field == "shear_range":
            st.toggle(
                "Shear as radians",
                key=Key.RADIANS,
                help="Shows the shear if the number meant radians. Keras, and training here, read degrees.",
                bind="query-params",
            )
    for field, (label, smallest, largest, step) in _RANGES.items():
        _slider(field, label, smallest, largest, step)
    st.toggle(
        "Mirror left to right",
        key=session.AUGMENTATION[_MIRROR].name,
        help=_help(_MIRROR),
        bind="query-params",
    )
    chosen = Augmentation.model_validate(
        {field: entry.get() for field, entry in session.AUGMENTATION.items()}
    )
    return chosen, preview.shear_as_radians(chosen) if session.RADIANS.get() else chosen


def describe(chosen: Augmentation, shown: Augmentation, trained: Augmentation) -> str:
    """Describe the ranges: preset or custom, and whether the model was trained with them."""
    names = [name for name, preset in AUGMENTATIONS.items() if preset == chosen]
    if shown != chosen:
        return (
            f"Shear {chosen.shear_range:g} shown as radians: {shown.shear_range:.1f} degrees. Keras reads "
            f"{chosen.shear_range:g} degrees."
        )
    return (f"Ranges: preset **{names[0]}**. " if names else "Ranges: custom. ") + (
        "The model was trained with them."
        if trained == chosen
        else "The model was trained with other ranges."
    )


def downloads(shown: Augmentation) -> None:
    """Offer the shown augmentation as a file for training and as a Keras program."""
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


def _slider(field: str, label: str, smallest: float, largest: float, step: float) -> None:
    """Draw the slider of a field; its key, in the address too, is the field's name."""
    st.slider(
        label,
        smallest,
        largest,
        _DEFAULTS[field],
        step,
        "%g",
        key=session.AUGMENTATION[field].name,
        help=_help(field),
        bind="query-params",
    )


def _set(preset: Augmentation) -> None:
    for field, entry in session.AUGMENTATION.items():
        entry.set(getattr(preset, field))
    session.RADIANS.set(value=False)


def _next_seed() -> None:
    session.SEED.set((session.SEED.get() + 1) % (_MAX_SEED + 1))


def _help(field: str) -> str:
    return f"`{field}`: {Augmentation.model_fields[field].description}"
