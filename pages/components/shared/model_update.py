"""The button that looks for a newer version of a model: a tag or branch moves only when somebody asks."""

from __future__ import annotations

import streamlit as st

from core.serving import catalog
from pages.components.shared import open_models as opened
from pages.components.shared import polling
from pages.components.shared.text import escape_markdown


def draw(name: str) -> None:
    """Draw the button that looks for a newer version, and what came of it; the old one serves meanwhile."""
    if not catalog.is_unpinned(name):
        return
    shelf = opened.shelf()
    st.button(
        "Check for a newer version",
        icon=":material/update:",
        on_click=_check,
        args=(name,),
        disabled=shelf.checking(name),
        width="stretch",
    )
    if st.session_state.get("checked") != name:
        return
    if polling.until(lambda: not shelf.checking(name), _say) and (found := shelf.outcome(name)):
        st.caption(escape_markdown(found))


def _check(name: str) -> None:
    st.session_state["checked"] = name
    opened.check(name)


def _say() -> None:
    st.caption(":material/hourglass_top: Looking for a newer version. This one serves until it is here.")
