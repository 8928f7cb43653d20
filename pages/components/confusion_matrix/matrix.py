"""The confusion matrix as a chart whose cells can be clicked, and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pandas as pd
import streamlit as st

from core.figures.confusion_matrix import Show, confusion_matrix
from pages.components.confusion_matrix import cell
from pages.components.shared import chart, data_table
from pages.components.shared.session import Key
from pages.components.shared.text import format_percent

if TYPE_CHECKING:
    from pages.components.confusion_matrix.cell import Cell
    from pages.components.confusion_matrix.predictions import Decided
    from pages.components.shared.open_models import Model


def draw(model: Model, decided: Decided, chosen: Cell) -> None:
    """Draw the confusion matrix with the chosen cell framed."""
    class_names = model.bundle.manifest.class_names
    numbers = st.segmented_control(
        "Numbers",
        get_args(Show),
        default="counts",
        required=True,
        key=Key.NUMBERS,
        bind="query-params",
    )
    chart.draw(
        confusion_matrix(
            decided.counts,
            class_names,
            show=numbers,
            margins=decided.margins,
            cell=(chosen.true_index, chosen.predicted_index),
        ),
        key=Key.MATRIX,
        on_select=lambda: cell.take_click(class_names),
        selection_mode="points",
        alt=f"Confusion matrix of {model.label}; its numbers are in the table below",
    )
    st.caption("Click a cell, or choose it below, to see its images.")
    with st.expander("The matrix as a table", icon=":material/table:"):
        data_table.draw(
            _table(decided, class_names),
            alt="Counts by true class (rows) and predicted class (columns), with recall and precision",
        )


def _table(decided: Decided, class_names: tuple[str, ...]) -> pd.DataFrame:
    recalls, precisions = (
        [format_percent(interval) for interval in each]
        for each in (decided.margins.recall, decided.margins.precision)
    )
    table = pd.DataFrame(
        [*([str(value) for value in row] for row in decided.counts), precisions],
        columns=[f"predicted {name}" for name in class_names],
    )
    table.insert(0, "true class", [*class_names, "precision"])
    table["recall"] = [*recalls, ""]
    return table
