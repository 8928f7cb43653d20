"""What the app is for, and where its recipe comes from."""

from __future__ import annotations

import streamlit as st

from core.bundle import limitations
from core.paper import statements


def draw() -> None:
    """Draw the purpose of the app in two sentences."""
    st.markdown(
        "A neural network classifies breast ultrasound images as **benign**, **malignant** or **normal**. "
        "Try one, see how it was trained, and how far its results can be trusted. For teaching and research, "
        "not for diagnosis."
    )


def draw_background() -> None:
    """Draw the paper that the recipe follows, and the protocols."""
    with st.expander("Background", icon=":material/menu_book:"):
        st.markdown(
            f"The recipe follows {statements.CITATION}, which reports {statements.TEST_ACCURACY:.0%} test "
            "accuracy. Its numbers suggest that segmentation masks were counted as images, and a random "
            "split of such data tests on near-duplicates of training images. So every model here names the "
            "protocol by which its images were split:"
        )
        st.markdown(
            "\n".join(f"- **{name}**: {sentence}" for name, sentence in limitations.PROTOCOLS.items())
        )
