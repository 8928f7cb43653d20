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


def offered() -> dict[str, str]:
    """Return the models of the picker: those of ``MODEL``, and the teaching model that the visitor opened.

    An embedded teaching model is opened by its button, or by a link that names it.
    """
    found, teaching = open_models.offered(), catalog.teaching()
    chosen = session.CHOSEN_MODEL.get()
    if chosen in teaching and chosen not in found:
        session.TEACHING_MODEL.set(chosen)
    opened = session.TEACHING_MODEL.get()
    if opened in teaching and opened not in found:
        found[opened] = teaching[opened]
    return found


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
    """Return what each model was trained on, in Markdown, as far as that is known without a request."""
    known = open_models.training_data(offered)

    def state(name: str) -> str:
        return "cannot be opened" if open_models.is_refused(name) else "not opened yet"

    return [
        escape_markdown(training_domain.describe(known[label])) if label in known else state(name)
        for label, name in offered.items()
    ]


def domain_warning(model: Model, image: InputImage) -> None:
    """Warn where an image lies outside the model's training domain, and offer a model that suits it."""
    sentence = training_domain.warning(model.bundle.manifest.data, simulated=image.simulated)
    if sentence is not None:
        st.warning(sentence, title="Outside the training domain", icon=":material/science:")
    offer_other(model, image)


def offer_other(model: Model, image: InputImage) -> None:
    """Draw a button that opens an image with a model trained on its kind, or one that leads back from it."""
    names, before = offered(), session.MODEL_BEFORE.get()
    if model.bundle.manifest.data.simulated == image.simulated:
        if before in names and before != model.label:
            _switch_button("Back to", escape_markdown(before), ":material/undo:", [before], model)
        return
    others = training_domain.of_kind(open_models.training_data(names), simulated=image.simulated)
    if image.simulated:
        # Also those that the picker does not list yet.
        others += [label for label in catalog.teaching() if label not in names]
    if others:
        what = "the teaching model" if image.simulated else escape_markdown(others[0])
        tried = others if image.simulated else others[:1]
        _switch_button("Open with", what, ":material/swap_horiz:", tried, model)


def _switch_button(verb: str, what: str, icon: str, labels: list[str], model: Model) -> None:
    st.button(f"{verb} {what}", icon=icon, on_click=_switch, args=(labels, model.label))


def _switch(labels: list[str], before: str) -> None:
    """Choose the first of several models that can predict; where none can, the page says why of the first."""
    names = catalog.teaching() | offered()
    usable = (label for label in labels if len(labels) == 1 or open_models.can_predict(names[label]))
    label = next(usable, labels[0])
    back = session.MODEL_BEFORE.get() == label
    set_choice(label)
    if not back:
        session.MODEL_BEFORE.set(before)
