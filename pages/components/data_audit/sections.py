"""The sections of the Data audit page, and their headings."""

from __future__ import annotations

import streamlit as st

from core.paper import statements

# Anchor in the address → title.
_SECTIONS = {
    "numbers": "1. Inferring the number of images from the accuracies",
    "files": "2. The sizes match images and masks together",
    "errors": "3. The 90 %, file by file",
    "worth": "4. How much each leak adds, measured",
    "try": "5. Split the images yourself",
    "copies": "6. The near-duplicates",
    "checklist": "7. How to spot leakage elsewhere",
}


def draw_contents() -> None:
    """Draw the introduction and a link to each section."""
    st.markdown(
        f"A paper reports {statements.TEST_ACCURACY:.0%} accuracy on breast ultrasound images. This page "
        "shows where that number probably comes from, measures what it is worth, and ends with a checklist "
        "for "
        "other papers. What the paper does not state is marked as inferred.",
        help=f"The paper: {statements.CITATION}",
    )
    st.markdown("\n".join(f"{title[:3]}[{title[3:]}](#{anchor})" for anchor, title in _SECTIONS.items()))


def heading(anchor: str) -> None:
    """Draw the heading of a section."""
    st.subheader(_SECTIONS[anchor], anchor=anchor)
