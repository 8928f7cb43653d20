"""The workflow of the project, and its results under the three protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures import workflow
from pages.components.shared import chart, measured, navigation
from pages.components.shared.session import Key

if TYPE_CHECKING:
    from pages.components.shared.layout import PageState


def draw(page: PageState) -> None:
    """Draw the workflow and the results side by side."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("From images to a prediction", anchor="pipeline")
        chart.draw(workflow.workflow(), key=Key.WORKFLOW_CHART, alt=workflow.describe())
        st.caption("Steps of the paper (its Figure 3). Solid frame: added or changed by this project.")
    with right:
        st.subheader("What 90 % accuracy is worth", anchor="protocols")
        if measured.protocols(150):
            navigation.link(page.address, navigation.DATA_AUDIT)
