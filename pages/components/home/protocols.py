"""What an accuracy of 90 % is worth: one network under three protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.paper import statements
from pages.components.shared import measured, navigation

if TYPE_CHECKING:
    from pages.components.shared.layout import PageState


def draw(page: PageState) -> None:
    """Draw the chart, and beside it what it says in one sentence."""
    st.subheader(f"What {statements.TEST_ACCURACY:.0%} accuracy is worth", anchor="protocols")
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        found = measured.protocols(150)
    if found is None:
        return
    leaky, clean = (found.protocols[name].metrics.get("accuracy") for name in ("paper", "clean"))
    if leaky is None or clean is None:
        return
    with right:
        st.markdown(
            f"The paper reports {statements.TEST_ACCURACY:.0%}. One and the same network reaches "
            f"**{leaky.mean:.0%}** where masks count as images and near-duplicates fall on both sides of the "
            f"split, and **{clean.mean:.0%}** where neither happens."
        )
        navigation.link(page.address, navigation.DATA_AUDIT, label="See the leaks one by one")
