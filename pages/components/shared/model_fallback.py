"""The model that a page shows where the chosen one cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import UserError
from core.serving import catalog
from core.serving.open_models import ModelUnavailable
from pages.components.shared import open_models, session, user_errors
from pages.components.shared.open_models import Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping


def usable(offered: Mapping[str, str], label: str | None, *, with_network: bool) -> Model:
    """Open the chosen model, or with an error another one; end the page where there is none.

    Args:
        offered: models of the picker, label → name.
        label: label of the chosen model, or None.
        with_network: whether to load the network too.
    """
    if label is None:
        user_errors.stop("There is no model: models/ is empty. Set MODEL to a bundle's folder or USER/REPO.")
    found = _open(label, offered[label], with_network=with_network)
    if isinstance(found, Model):
        if with_network or session.WORKING_MODEL.get() is None:
            session.WORKING_MODEL.set(label)
        return found
    fallback = _fallback(offered, label, with_network=with_network)
    if fallback is None:
        user_errors.stop(found.sentence)
    st.error(
        f"{escape_markdown(found.sentence)} Showing {escape_markdown(fallback.label)} instead.",
        title=f"{escape_markdown(label)} cannot be used",
        icon=":material/cloud_off:",
    )
    st.button(
        "Try again",
        icon=":material/refresh:",
        on_click=open_models.model_cache().forget,
        args=(offered[label],),
    )
    return fallback


def _fallback(offered: Mapping[str, str], label: str, *, with_network: bool) -> Model | None:
    """Open the model that the visitor had before, or else an embedded one."""
    before = session.WORKING_MODEL.get()
    others = {other: name for other, name in offered.items() if other == before}
    for other, name in (others | catalog.embedded()).items():
        if name != offered[label]:
            found = _open(other, name, with_network=with_network)
            if isinstance(found, Model):
                return found
    return None


def _open(label: str, name: str, *, with_network: bool) -> Model | ModelUnavailable:
    found = open_models.open_model(label, name)
    if with_network and isinstance(found, Model):
        try:
            open_models.classifier(found)
        except UserError as error:
            return ModelUnavailable(str(error))
    return found
