"""The runs in numbers: kept epoch, accuracies, gaps, time, and all epochs to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import history
from core.csv_table import to_csv
from pages.components.shared import data_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bundle.history import Run


def draw(runs: Sequence[Run]) -> None:
    """Draw a row for each run, and all epochs below."""
    st.header("Runs compared")
    data_table.draw(
        history.summary(runs),
        column_config={
            "run": "run",
            "kept_epoch": "kept epoch",
            "accuracy": st.column_config.NumberColumn("training accuracy", format="percent"),
            "val_accuracy": st.column_config.NumberColumn("validation accuracy", format="percent"),
            "gap": st.column_config.NumberColumn("gap at kept epoch", format="percent"),
            "last_gap": st.column_config.NumberColumn("gap at last epoch", format="percent"),
            "lowest_val_loss": st.column_config.NumberColumn("lowest validation loss", format="%.3f"),
            "seconds": st.column_config.NumberColumn("training time, s", format="%.0f"),
        },
        alt="One row per run: kept epoch, accuracies, gap between training and validation, time",
    )
    table = history.long_table(runs)
    with st.container(horizontal=True):
        st.download_button(
            "All epochs as CSV",
            to_csv(table),
            "training-curves.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    with st.expander("All epochs as a table", icon=":material/table:"):
        data_table.draw(table, alt="One row for each epoch of each run")
