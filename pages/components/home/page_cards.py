"""Cards that lead to the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.shared import model_choice, navigation

if TYPE_CHECKING:
    from pages.components.shared.layout import PageState


def draw(page: PageState) -> None:
    """Draw a card for each page."""
    with st.grid(2, min_column_width=260):
        for target in navigation.PAGES[1:]:
            with st.container(border=True, height="stretch"):
                navigation.link(page.address, target)
                st.caption(target.purpose)


def draw_upload(page: PageState) -> None:
    """Draw the button that leads to Classify, and which model classifies what."""
    # Not of the primary type: white words on the dark theme's blue would be too faint.
    if st.button("Upload yours", icon=":material/upload:"):
        st.switch_page(navigation.CLASSIFY.file, query_params=page.address or None)
    if note := model_choice.routing_note(page.offered):
        st.caption(note)
