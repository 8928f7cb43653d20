"""The layout of every page: title, navigation, model picker, and the warnings about the shown model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import limitations
from core.serving import event_log
from pages.components.shared import (
    model_choice,
    model_fallback,
    model_status,
    model_update,
    navigation,
    requests,
    session,
)
from pages.components.shared.keys import Key
from pages.components.shared.page_icon import page_icon
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.shared.navigation import Page
    from pages.components.shared.open_models import Model


_SIDEBAR_WIDTH = 220  # pixels


class PageState(NamedTuple):
    """A page that has begun.

    Attributes:
        offered: models of the picker, label → name.
        label: label of the chosen model; None where there is none.
        address: query parameters that name the model.
        place: container beside the title, for the name of the model. A new run leaves it as it is until then.
        bottom: row that stays at the bottom of the window.
    """

    offered: dict[str, str]
    label: str | None
    address: dict[str, str]
    place: DeltaGenerator
    bottom: DeltaGenerator


def begin(first: DeltaGenerator, page: Page, title: str | None = None) -> PageState:
    """Draw everything that needs no model.

    Args:
        first: result of ``frame.begin``.
        page: the page.
        title: title above the page; that of the navigation where it is None.
    """
    event_log.to_stderr()
    requests.keep_uploads_in_memory()
    st.set_page_config(
        page_title=f"{page.title} · Breast ultrasound",
        page_icon=page_icon(),
        layout="wide",
        initial_sidebar_state=_SIDEBAR_WIDTH,
    )
    first.empty()
    offered = model_choice.offered()
    label = model_choice.choose_model(offered)
    address = model_choice.address(offered, label)
    navigation.remember(page)
    with st.sidebar:
        for other in navigation.PAGES:
            navigation.link(address, other, label=other.short or None)
        if label is not None:
            # A widget does not survive a change of page, so the picker is set from the session.
            session.MODEL_PICKER.set(label)
            st.radio(
                "Model",
                list(offered),
                captions=model_choice.describe(offered),
                format_func=escape_markdown,
                key=Key.MODEL_PICKER,
                on_change=_pick,
                help="All pages show this model, whatever image you open, until you choose another one.",
            )
            model_update.draw(offered[label])
    # Written even where it is there already, it would undo what a widget wrote into the URL meanwhile.
    if st.query_params.get(Key.MODEL) != address.get(Key.MODEL):
        st.query_params.pop(Key.MODEL, None)
        st.query_params.update(address)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title or page.title, width="content")
        with st.container(width="content", key=Key.STATUS, gap=None):
            st.empty()  # a container of nothing would take no room until the model has come
            place = st.container()
    st.caption(page.purpose)
    bottom = st.bottom.container(key=Key.BOTTOM, horizontal=True, vertical_alignment="center", gap="small")
    with bottom:
        st.caption(limitations.NOT_A_DEVICE_IN_SHORT, width="content", help=limitations.NOT_A_DEVICE)
        with st.container(key=Key.SHEET_HANDLE, width="content"):
            st.toggle("Controls", key=Key.SHEET_OPEN)
    return PageState(offered, label, address, place, bottom)


def model(page: PageState, *, with_network: bool = False) -> Model:
    """Open the chosen model and name it beside the title; where that fails, another one with a note.

    Args:
        page: result of ``begin``.
        with_network: whether to load the network too, so that a failure is noticed here.
    """
    with page.place.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        found = model_fallback.usable(page.offered, page.label, with_network=with_network)
        model_status.draw(found)
    return found


def main_object() -> DeltaGenerator:
    """Return the container of what the page is for; it stands in the first screen."""
    return st.container(key=Key.MAIN_OBJECT)


def controls() -> DeltaGenerator:
    """Return the container of the main object's controls; on a phone it is a sheet that a switch opens."""
    return st.container(key=Key.SHEET)


def _pick() -> None:
    model_choice.set_choice(session.MODEL_PICKER.get())
