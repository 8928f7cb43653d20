"""The runs in numbers: kept epoch, accuracies, gaps, time, and all epochs to download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    columns = {
        "run": st.column_config.Column("run", width=130),
        "kept_epoch": _number("kept", 56, "Epoch whose network was kept"),
        "accuracy": _number("training", 76, "Training accuracy of the kept epoch", "percent"),
        "val_accuracy": _number("validation", 86, "Validation accuracy of the kept epoch", "percent"),
        "gap": _number("gap", 70, "Training minus validation accuracy, kept epoch", "percent"),
        "last_gap": _number("final gap", 78, "The same in the last epoch", "percent"),
        "lowest_val_loss": _number("lowest loss", 90, "Lowest validation loss", "%.3f"),
        "seconds": _number("seconds", 72, "Training time", "%.0f"),
    }
    data_table.draw(
        history.summary(runs),
        column_config=columns,
        column_order=columns,
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


def _number(label: str, width: int, explained: str, number_format: str | None = None) -> Any:
    """Return a column of numbers, so narrow that the table fits a tablet."""
    return st.column_config.NumberColumn(label, width=width, help=explained, format=number_format)
