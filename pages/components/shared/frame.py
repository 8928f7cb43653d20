"""What a page sends before it imports what it draws: its style, and a request for the code of charts.

The imports take a fresh server most of a second, in which the browser of its first visitor can fetch that
code: 5 MB for charts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from pages.components.shared import access, session
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_STYLE = Path(__file__).with_name("style.css")


def begin(*, charts: bool = False, metrics: bool = False) -> DeltaGenerator:
    """Send the style, and on a session's first run empty elements that nobody sees: the first call of a page.

    Args:
        charts: whether the main object has charts.
        metrics: whether it has metrics as well, as ``st.metric`` draws them.

    Returns:
        Place of the empty elements, which ``layout.begin`` clears.
    """
    access.keep_others_out()
    st.html(_STYLE)
    place = st.container(key=Key.CODE_AHEAD).empty()
    if charts and not session.CODE_REQUESTED.get():
        session.CODE_REQUESTED.set(value=True)
        with place.container():
            st.plotly_chart(go.Figure(), key=Key.EMPTY_CHART)
            if metrics:
                st.metric("", "", label_visibility="hidden")
    return place
