"""Charts as every page draws them: still, readable on both themes, with a text in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Streamlit writes its theme's text colour in its place; its own choice for charts is too faint on white.
INK = "#000037"


def draw(figure: go.Figure, *, alt: str, key: str | None = None, **selection: Any) -> None:
    """Draw a chart without Plotly's tool bar, all its words in the colour of the page's text.

    Args:
        figure: its words are coloured.
        alt: what the chart says, for readers who do not see it.
        key: of the element.
        selection: ``on_select`` and ``selection_mode`` of ``st.plotly_chart``.
    """
    if figure.layout.font.color != INK:  # one that visitors share is coloured once
        figure.update_xaxes(tickfont_color=INK, title_font_color=INK)
        figure.update_yaxes(tickfont_color=INK, title_font_color=INK)
        figure.update_layout(font_color=INK, legend_font_color=INK)
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key, alt=alt, **selection)
