"""The button that fetches the newest version of a model: a tag or branch moves only on request."""

from __future__ import annotations

import streamlit as st

from core.serving import catalog
from pages.components.shared import open_models, polling, session
from pages.components.shared.text import escape_markdown


def draw(name: str) -> None:
    """Draw the button and the outcome of the last check; the old version serves meanwhile."""
    if not catalog.is_unpinned(name):
        return
    cache = open_models.model_cache()
    st.button(
        "Check for a newer version",
        icon=":material/update:",
        on_click=_check,
        args=(name,),
        disabled=cache.checking(name),
        width="stretch",
    )
    if session.CHECKED_MODEL.get() != name:
        return
    if polling.wait_for(lambda: not cache.checking(name), _progress) and (outcome := cache.outcome(name)):
        st.caption(escape_markdown(outcome))


def _check(name: str) -> None:
    session.CHECKED_MODEL.set(name)
    open_models.check(name)


def _progress() -> None:
    st.caption(":material/hourglass_top: Checking for a newer version. The current one stays in use.")
