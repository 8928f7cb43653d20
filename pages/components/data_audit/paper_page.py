"""All that is known about the paper, in a dialog."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.paper.page import read_page
from pages.components.shared.text import escape_markdown


def draw_button() -> None:
    """Draw the button that opens the dialog."""
    if st.button("Learn more", icon=":material/menu_book:", type="tertiary", help="All about the paper"):
        _open()


@st.dialog("The paper", width="large", icon=":material/menu_book:")
def _open() -> None:
    try:
        st.markdown(read_page())
    except UserError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
