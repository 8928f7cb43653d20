"""The confusion matrix as a chart whose cells can be clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.figures.confusion_matrix import Show, confusion_matrix
from pages.components.confusion_matrix import cell
from pages.components.shared import chart
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from pages.components.confusion_matrix.cell import Cell
    from pages.components.confusion_matrix.predictions import Decided
    from pages.components.shared.open_models import Model


def draw(model: Model, decided: Decided, chosen: Cell, numbers: Show) -> None:
    """Draw the confusion matrix with the chosen cell framed."""
    class_names = model.bundle.manifest.class_names
    figure = confusion_matrix(
        decided.counts,
        class_names,
        show=numbers,
        margins=decided.margins,
        cell=(chosen.true_index, chosen.predicted_index),
    )
    # What stands below does not move when the chart comes.
    with st.container(height=figure.layout.height, border=False):
        chart.draw(
            figure,
            key=Key.MATRIX,
            on_select=lambda: cell.take_click(class_names),
            selection_mode="points",
            alt=f"Confusion matrix of {model.label}; its numbers are in the tab Tables",
        )
