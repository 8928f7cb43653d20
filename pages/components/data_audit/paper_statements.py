"""Contradictions and gaps in the paper's text, and the earlier work that it compares itself with."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.paper import statements
from pages.components.shared.text import join


def contradictions() -> None:
    """Draw where the paper contradicts itself or the tools it names, and what it does not state."""
    table = pd.DataFrame(statements.INCONSISTENCIES).set_axis(["the paper says", "but", "where"], axis=1)
    st.table(table.set_index("the paper says"), alt="Statements of the paper, and what contradicts them")
    st.markdown(f"It does not state {join(statements.NOT_SAID)}.")


def earlier_work() -> None:
    """Draw the results that the paper compares itself with."""
    table = pd.DataFrame(statements.EARLIER_WORK).set_axis(["earlier work", "accuracy", "remark"], axis=1)
    st.table(
        table.assign(accuracy=table["accuracy"].map("{:.2%}".format)).set_index("earlier work"),
        alt="Earlier work with its accuracy",
    )
    st.markdown(statements.EARLIER_WORK_CAVEAT)
