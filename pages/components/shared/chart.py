"""Plotly charts: without a tool bar, readable in both themes, with a text for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Streamlit replaces this grey by its theme's text colour; its default for charts is too faint on white.
INK = "#000037"


def draw(figure: go.Figure, *, alt: str, key: str | None = None, **selection: Any) -> None:
    """Draw a chart.

    Args:
        figure: figure to draw; its text gets the colour of the page.
        alt: content of the chart in words.
        key: key of the element.
        selection: ``on_select`` and ``selection_mode`` of ``st.plotly_chart``.
    """
    if figure.layout.font.color != INK:  # a figure that visitors share is coloured once
        figure.update_xaxes(tickfont_color=INK, title_font_color=INK)
        figure.update_yaxes(tickfont_color=INK, title_font_color=INK)
        figure.update_layout(font_color=INK, legend_font_color=INK)
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key, alt=alt, **selection)
