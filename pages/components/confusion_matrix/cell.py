"""The chosen cell of the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.components.shared import session
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.confusion_matrix.decision import DecisionRule
    from pages.components.confusion_matrix.predictions import Decided, Predictions
    from pages.components.shared.open_models import Model


class Cell(NamedTuple):
    """A chosen cell.

    Attributes:
        true_index: index of the true class.
        predicted_index: index of the predicted class.
    """

    true_index: int
    predicted_index: int


def choose(model: Model, rule: DecisionRule) -> tuple[Cell, DeltaGenerator]:
    """Draw the choice of a cell; the default is that of missed positive images.

    Returns:
        The cell, and the row, which has room for the choice of a page.
    """
    class_names = model.bundle.manifest.class_names
    missed = rule.positive_index or 0
    header = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    with header:
        true_class = _select("True class", class_names, missed, Key.TRUE_CLASS)
        st.markdown(":material/arrow_forward:", width="content")
        predicted_class = _select("Predicted class", class_names, int(missed == 0), Key.PREDICTED_CLASS)
    return Cell(class_names.index(true_class), class_names.index(predicted_class)), header


def take_click(class_names: Sequence[str]) -> None:
    """Choose the clicked cell of the matrix."""
    clicked = session.clicked(Key.MATRIX)
    if clicked:
        for entry, index in zip((session.TRUE_CLASS, session.PREDICTED_CLASS), clicked, strict=True):
            entry.set(class_names[index])
        _first_page()


def images(shown: Predictions, decided: Decided, chosen: Cell) -> pd.DataFrame:
    """Return the rows of ``decided.table`` in the cell, the most probable first."""
    inside = (shown.truth == chosen.true_index) & (decided.predicted == chosen.predicted_index)
    return decided.table[inside].sort_values("confidence", ascending=False)


def _select(label: str, class_names: Sequence[str], default: int, key: Key) -> str:
    return st.selectbox(
        label,
        class_names,
        index=default,
        key=key,
        bind="query-params",
        on_change=_first_page,
        label_visibility="collapsed",
        width=116,
    )


def _first_page() -> None:
    if session.exists(Key.CELL_PAGE):
        session.CELL_PAGE.set(1)
