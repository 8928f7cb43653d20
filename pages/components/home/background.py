"""Where the app's recipe comes from, its steps, and the protocols."""

from __future__ import annotations

import streamlit as st

from core.bundle import limitations
from core.figures import workflow
from core.paper import statements
from pages.components.shared import chart
from pages.components.shared.keys import Key


def draw() -> None:
    """Draw the paper that the recipe follows, the protocols, and the workflow."""
    with st.expander("Background", icon=":material/menu_book:"):
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown(
                f"The recipe follows {statements.CITATION}, which reports {statements.TEST_ACCURACY:.0%} "
                "test accuracy. Its numbers suggest that segmentation masks were counted as images, and a "
                "random split of such data tests on near-duplicates of training images. So every model here "
                "names the protocol by which its images were split:"
            )
            st.markdown(
                "\n".join(f"- **{name}**: {sentence}" for name, sentence in limitations.PROTOCOLS.items())
            )
        with right:
            chart.draw(workflow.workflow(), key=Key.WORKFLOW_CHART, alt=workflow.describe())
            st.caption("Steps of the paper (its Figure 3). Solid frame: added or changed by this project.")
