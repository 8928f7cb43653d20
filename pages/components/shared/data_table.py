"""Tables that a visitor can sort and save as CSV, so that no cell may be a formula for a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.csv_table import neutralise, neutralised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


def draw(
    table: pd.DataFrame,
    *,
    alt: str,
    column_config: Mapping[str, Any] | None = None,
    column_order: Iterable[str] | None = None,
    **options: Any,
) -> None:
    """Draw a table without its index; names in it may come from strangers.

    Args:
        table: table to draw.
        alt: content of the table in words.
        column_config: label or configuration of a column, by its name in the table.
        column_order: names of the columns that are shown.
        options: further arguments of ``st.dataframe``.
    """
    st.dataframe(
        neutralised(table),
        hide_index=True,
        column_config={neutralise(name): _labelled(one) for name, one in (column_config or {}).items()},
        column_order=None if column_order is None else [neutralise(name) for name in column_order],
        alt=alt,
        **options,
    )


def _labelled(column: Any) -> Any:
    if isinstance(column, str):
        return neutralise(column)
    return column | {"label": neutralise(column["label"])} if column.get("label") else column
