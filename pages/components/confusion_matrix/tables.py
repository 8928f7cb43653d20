"""The confusion matrix and the images of a cell as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.evaluation.predictions import probability_columns
from pages.components.shared import data_table
from pages.components.shared.text import format_percent

if TYPE_CHECKING:
    from pages.components.confusion_matrix.predictions import Decided
    from pages.components.shared.open_models import Model


def draw_matrix(model: Model, decided: Decided) -> None:
    """Draw the counts with recall and precision."""
    class_names, margins = model.bundle.manifest.class_names, decided.margins
    recalls, precisions = (
        [format_percent(interval) for interval in each] for each in (margins.recall, margins.precision)
    )
    table = pd.DataFrame(
        [*([str(value) for value in row] for row in decided.counts), precisions],
        columns=[f"predicted {name}" for name in class_names],
    )
    table.insert(0, "true class", [*class_names, "precision"])
    table["recall"] = [*recalls, ""]
    data_table.draw(
        table, alt="Counts by true class (rows) and predicted class (columns), with recall and precision"
    )


def draw_images(model: Model, entries: pd.DataFrame, **options: Any) -> None:
    """Draw the images of a cell with their probabilities.

    Args:
        model: the model that predicted.
        entries: rows of ``Decided.table``, sorted.
        options: further arguments of ``st.dataframe``.
    """
    class_names = model.bundle.manifest.class_names
    columns = probability_columns(class_names)
    data_table.draw(
        entries[["file", *columns]],
        column_config={
            column: st.column_config.NumberColumn(class_name, format="%.3f")
            for column, class_name in zip(columns, class_names, strict=True)
        },
        alt=f"{len(entries)} images of the chosen cell, the most probable first",
        **options,
    )
