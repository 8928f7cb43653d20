"""The controls of the Augmentation page: drawing again, presets, and the ranges in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.augmentation import preview
from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from pages.components.shared import session
from pages.components.shared.keys import Key, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Slider(NamedTuple):
    """A slider of a range: its label, ends and step; one value where it is symmetric about no change."""

    label: str
    smallest: float
    largest: float
    step: float


# The ranges go further than is sensible, so that this can be seen.
_SLIDERS = {
    "rotation_range": _Slider("Rotation, degrees", 0.0, 180.0, 1.0),
    "shear_range": _Slider("Shear, degrees", 0.0, 45.0, 0.1),
    "width_shift_range": _Slider("Shift, share of the width", 0.0, 0.5, 0.01),
    "height_shift_range": _Slider("Shift, share of the height", 0.0, 0.5, 0.01),
    "zoom_range": _Slider("Zoom, factors", 0.5, 2.0, 0.05),
    "brightness_range": _Slider("Brightness, factors", 0.25, 2.0, 0.05),
    "contrast_range": _Slider("Contrast, factors", 0.25, 2.0, 0.05),
    "gamma_range": _Slider("Gamma, exponents", 0.25, 2.0, 0.05),
}
_MIRROR = "horizontal_flip"  # a field too
_GROUPS = {
    "Geometry": (
        "rotation_range",
        "shear_range",
        "zoom_range",
        "width_shift_range",
        "height_shift_range",
    ),
    "Intensity": ("brightness_range", "contrast_range", "gamma_range"),
}
_MAX_SEED = 9999
_DEFAULTS = AUGMENTATIONS["paper"]


def predicts() -> bool:
    """Return whether predictions are on, before their switch is drawn."""
    if session.exists(Key.PREDICT):
        return session.PREDICT.get()
    return st.query_params.get(Key.PREDICT) != "false"


def draw_again() -> int:
    """Draw the button that draws again, and the seed; return the seed."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.button("Draw again", icon=":material/casino:", shortcut="d", on_click=_next_seed)
        return int(st.number_input("Seed", 0, _MAX_SEED, 0, key=Key.SEED, bind="query-params", width=76))


def switches() -> tuple[bool, bool]:
    """Draw the switches; return whether predictions are on, and whether the drawn numbers are shown."""
    with st.container(gap="xxsmall"):
        predict = st.toggle("Predictions", value=True, key=Key.PREDICT, bind="query-params")
        drawn = st.toggle("Show the drawn numbers", key=Key.DRAWN, bind="query-params")
    return predict, drawn


def ranges() -> tuple[Augmentation, Augmentation]:
    """Draw the presets, and the ranges in groups that can each be reset.

    Returns:
        The augmentation as set, and the one to be shown: they differ where the shear is read as radians.
    """
    place = st.container()
    for tab, (group, fields) in zip(st.tabs(list(_GROUPS)), _GROUPS.items(), strict=True):
        with tab, st.container(gap=None):
            for field in fields:
                _slider(field)
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                if group == "Geometry":
                    _mirror()
                st.button(
                    "Reset",
                    icon=":material/restart_alt:",
                    type="tertiary",
                    key=numbered(Key.RESET, group),
                    help=f"Set the paper's ranges: {group.lower()}",
                    on_click=_set,
                    args=(_DEFAULTS, (*fields, _MIRROR) if group == "Geometry" else fields),
                )
    chosen = Augmentation.model_validate(
        {field: entry.get() for field, entry in session.augmentation().items()}
    )
    with place:
        _presets(chosen)
    return chosen, preview.shear_as_radians(chosen) if session.RADIANS.get() else chosen


def describe(chosen: Augmentation, shown: Augmentation, trained: Augmentation) -> str:
    """Describe the ranges: preset or custom, and whether the model was trained with them."""
    name = _name_of(chosen)
    if shown != chosen:
        return (
            f"Shear {chosen.shear_range:g} shown as radians: {shown.shear_range:.1f} degrees. Keras reads "
            f"{chosen.shear_range:g} degrees."
        )
    return (f"Ranges: preset **{name}**. " if name else "Ranges: custom. ") + (
        "The model was trained with them."
        if trained == chosen
        else "The model was trained with other ranges."
    )


def _presets(chosen: Augmentation) -> None:
    session.PRESET.set(_name_of(chosen))
    st.segmented_control(
        "Preset",
        list(AUGMENTATIONS),
        key=Key.PRESET,
        on_change=_take_preset,
        help="Ranges are named and measured as in Keras's `ImageDataGenerator`, which the paper used; "
        "contrast and gamma are additions. Training in this project runs the same code.",
    )


def _mirror() -> None:
    key = session.augmentation()[_MIRROR].name
    st.toggle("Mirror left to right", key=key, help=_help(_MIRROR), bind="query-params")


def _slider(field: str) -> None:
    """Draw the slider of a field; its key, in the address too, is the field's name."""
    slider = _SLIDERS[field]
    st.slider(
        slider.label,
        slider.smallest,
        slider.largest,
        getattr(_DEFAULTS, field),
        slider.step,
        "%g",
        key=session.augmentation()[field].name,
        help=_help(field),
        bind="query-params",
    )
    if field == "shear_range":
        st.toggle(
            "Shear as radians",
            key=Key.RADIANS,
            help="Shows the shear if the number meant radians. Keras, and training here, read degrees.",
            bind="query-params",
        )


def _name_of(chosen: Augmentation) -> str | None:
    return next((name for name, preset in AUGMENTATIONS.items() if preset == chosen), None)


def _take_preset() -> None:
    name = session.PRESET.get()
    if name is not None:
        _set(AUGMENTATIONS[name], session.augmentation())


def _set(preset: Augmentation, fields: Iterable[str]) -> None:
    for field in fields:
        session.augmentation()[field].set(getattr(preset, field))
        if field == "shear_range":
            session.RADIANS.set(value=False)


def _next_seed() -> None:
    session.SEED.set((session.SEED.get() + 1) % (_MAX_SEED + 1))


def _help(field: str) -> str:
    return f"`{field}`: {Augmentation.model_fields[field].description}"
