"""The chosen cell of the confusion matrix, and its images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.figures.confusion_matrix import row_shares
from pages.components.confusion_matrix import gallery
from pages.components.shared import session
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.components.confusion_matrix.decision import DecisionRule
    from pages.components.confusion_matrix.predictions import Decided, Predictions
    from pages.components.shared.open_models import Model


class Cell(NamedTuple):
    """A chosen cell.

    Attributes:
        true_index: index of the true class.
        predicted_index: index of the predicted class.
        saliency: show the saliency of the predicted class.
    """

    true_index: int
    predicted_index: int
    saliency: bool


def choose(model: Model, rule: DecisionRule) -> Cell:
    """Draw the choice of a cell; the default is that of missed positive images."""
    class_names = model.bundle.manifest.class_names
    missed = rule.positive_index or 0
    st.header("Images of a cell")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        true_class, predicted_class = (
            st.selectbox(
                label,
                class_names,
                index=default,
                key=key,
                bind="query-params",
                on_change=_first_page,
                width=200,
            )
            for label, default, key in (
                ("True class", missed, Key.TRUE_CLASS),
                ("Predicted class", int(missed == 0), Key.PREDICTED_CLASS),
            )
        )
        saliency = st.toggle(
            "Saliency",
            value=True,
            key=Key.SALIENCY,
            bind="query-params",
            help="Regions that raised the score of the predicted class.",
        )
    return Cell(class_names.index(true_class), class_names.index(predicted_class), saliency)


def take_click(class_names: Sequence[str]) -> None:
    """Choose the clicked cell of the matrix."""
    clicked = session.clicked(Key.MATRIX)
    if clicked:
        for entry, index in zip((session.TRUE_CLASS, session.PREDICTED_CLASS), clicked, strict=True):
            entry.set(class_names[index])
        _first_page()


def draw_images(model: Model, shown: Predictions, decided: Decided, chosen: Cell) -> None:
    """Draw how many images the cell holds, and the images."""
    row, column, counts = chosen.true_index, chosen.predicted_index, decided.counts
    true_class, predicted_class = (model.bundle.manifest.class_names[index] for index in (row, column))
    entries = decided.table[(shown.truth == row) & (decided.predicted == column)].sort_values(
        "confidence", ascending=False
    )
    st.markdown(
        f"**{counts[row, column]}** of {counts[row].sum()} {escape_markdown(true_class)} images"
        f" ({row_shares(counts)[row, column]:.0%}) are predicted as {escape_markdown(predicted_class)}"
        + ("." if entries.empty else f"; median probability {entries['confidence'].median():.1%}.")
    )
    if not entries.empty:
        gallery.draw(model, entries, predicted_class, saliency=chosen.saliency)


def _first_page() -> None:
    if session.exists(Key.CELL_PAGE):
        session.CELL_PAGE.set(1)
