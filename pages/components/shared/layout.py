"""The layout of every page: title, navigation, model picker, and the warnings about the shown model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import limitations
from core.serving import event_log
from pages.components.shared import (
    model_choice,
    model_fallback,
    model_update,
    navigation,
    open_models,
    requests,
    session,
)
from pages.components.shared.page_icon import page_icon
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown, format_metric

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.bundle.manifest import Manifest
    from pages.components.shared.navigation import Page
    from pages.components.shared.open_models import Model


class PageState(NamedTuple):
    """A page that has begun.

    Attributes:
        offered: models of the picker, label → name.
        label: label of the chosen model; None where there is none.
        address: query parameters that name the model.
        place: container below the title, for the name of the model.
    """

    offered: dict[str, str]
    label: str | None
    address: dict[str, str]
    place: DeltaGenerator


def begin(page: Page, title: str | None = None) -> PageState:
    """Draw everything that needs no model: the first call of every page."""
    event_log.to_stderr()
    requests.keep_uploads_in_memory()
    st.set_page_config(page_title=f"{page.title} · Breast ultrasound", page_icon=page_icon(), layout="wide")
    offered = open_models.offered()
    label = model_choice.choose_model(offered)
    address = model_choice.address(offered, label)
    navigation.remember(page)
    with st.sidebar:
        for other in navigation.PAGES:
            navigation.link(address, other)
        if label is not None:
            # A widget does not survive a change of page, so the picker is set from the session.
            session.MODEL_PICKER.set(label)
            st.selectbox(
                "Model",
                list(offered),
                key=Key.MODEL_PICKER,
                on_change=_pick,
                help="All pages show this model. It stays selected once you choose it.",
            )
            model_update.draw(offered[label])
    # Written even where it is there already, it would undo what a widget wrote into the URL meanwhile.
    if st.query_params.get(Key.MODEL) != address.get(Key.MODEL):
        st.query_params.pop(Key.MODEL, None)
        st.query_params.update(address)
    st.title(title or page.title)
    with st.bottom:
        st.caption(limitations.NOT_A_DEVICE)
    return PageState(offered, label, address, st.container())


def model(page: PageState, *, with_network: bool = False) -> Model:
    """Open the chosen model and name it below the title; where that fails, another one with a note.

    Args:
        page: result of ``begin``.
        with_network: whether to load the network too, so that a failure is noticed here.
    """
    with page.place:
        found = model_fallback.usable(page.offered, page.label, with_network=with_network)
        manifest = found.bundle.manifest
        given = _given_split(manifest)
        commit = f"commit {found.commit[:7]}" if found.commit else "local folder"
        st.caption(
            f":material/deployed_code: Model **{escape_markdown(found.label)}** · {commit}"
            f" · protocol {manifest.protocol}{given} · {manifest.metrics.images:,} test images"
            f" · macro F1 {format_metric(open_models.metrics(found).macro_f1)}"
        )
        if found.label == page.label and (reason := model_choice.choice_reason(page.offered)):
            st.caption(f":material/swap_horiz: {escape_markdown(reason)}")
        if found.note:
            st.info(
                f"{escape_markdown(found.note)} Using a cached version that may be out of date.",
                icon=":material/cloud_off:",
            )
        if cautions := limitations.warnings(manifest, escape_markdown):
            st.warning(" ".join(cautions), icon=":material/science:")
    return found


def _given_split(manifest: Manifest) -> str:
    """Return where the split comes from, as a part of the model's line; '' where it was drawn."""
    if manifest.given_split is None:
        return ""
    file = manifest.given_split.file
    return ", split of the data set" if file is None else f", split from {escape_markdown(file)}"


def _pick() -> None:
    model_choice.set_choice(session.MODEL_PICKER.get())
