"""The model that the pages show: the visitor's choice, or else the first one; nothing else changes it.

A visitor chooses by picking a model, by following a link that names one, or by opening an image with a model
that was trained on images of its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.serving import catalog, training_domain
from pages.components.shared import open_models, session
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


def choose_model(offered: Mapping[str, str]) -> str | None:
    """Return the label of the model that the pages show, or None without models."""
    return catalog.choose(offered, session.CHOSEN_MODEL.get())


def set_choice(label: str) -> None:
    """Store the visitor's choice of a model."""
    session.CHOSEN_MODEL.set(label)
    session.MODEL_BEFORE.clear()


def address(offered: Mapping[str, str], label: str | None) -> dict[str, str]:
    """Return the query parameters that name the shown model; none for the first embedded one."""
    if label is None or (open_models.is_embedded() and label == next(iter(offered))):
        return {}
    return {Key.MODEL: label}


def describe(offered: Mapping[str, str]) -> list[str]:
    """Return what each model was trained on, in Markdown; '' where that is not known without fetching it."""
    known = open_models.training_data(offered)
    return [
        escape_markdown(training_domain.describe(known[label])) if label in known else "" for label in offered
    ]


def domain_warning(model: Model, image: InputImage) -> None:
    """Warn where an image lies outside the model's training domain, and offer a model that suits it."""
    sentence = training_domain.warning(model.bundle.manifest.data, simulated=image.simulated)
    if sentence is not None:
        st.warning(sentence, title="Outside the training domain", icon=":material/science:")
    offer_other(model, image)


def offer_other(model: Model, image: InputImage) -> None:
    """Draw a button that opens an image with a model trained on its kind, or one that leads back from it."""
    offered = open_models.training_data(open_models.offered())
    if model.bundle.manifest.data.simulated != image.simulated:
        other = training_domain.first_of_kind(offered, simulated=image.simulated)
        what = "the teaching model" if image.simulated else escape_markdown(str(other))
        text, icon = f"Open with {what}", ":material/swap_horiz:"
    else:
        other = session.MODEL_BEFORE.get()
        text, icon = f"Back to {escape_markdown(str(other))}", ":material/undo:"
    if other in offered and other != model.label:
        st.button(text, icon=icon, on_click=_switch, args=(other, model.label))


def _switch(label: str, before: str) -> None:
    back = session.MODEL_BEFORE.get() == label
    set_choice(label)
    if not back:
        session.MODEL_BEFORE.set(before)
