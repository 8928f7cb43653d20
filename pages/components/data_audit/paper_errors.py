"""Section 3: the test confusion matrix that the paper's text implies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.evaluation.intervals import proportion
from core.figures.confusion_matrix import confusion_matrix
from core.paper import reconstruction, statements
from pages.components.shared import chart
from pages.components.shared.session import Key
from pages.components.shared.text import format_percent, join

if TYPE_CHECKING:
    import plotly.graph_objects as go


def draw() -> None:
    """Draw the inferred matrix with the recall of each class."""
    images = statements.INFERRED_SIZES["test"]
    possible = reconstruction.errors_that_round_to(round(100 * statements.TEST_ACCURACY), images)
    named = sum(statements.NAMED_ERRORS.values())
    counts = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    st.markdown(
        f"If the test set has {images} files, {statements.TEST_ACCURACY:.0%} means "
        f"{join([str(number) for number in possible], 'or')} errors. The text names {named}: "
        + join(
            [
                f"{number} {true} predicted as {predicted}"
                for (true, predicted), number in statements.NAMED_ERRORS.items()
            ]
        )
        + ". So these are all, and the confusion matrix, which the paper does not print, can be inferred:"
    )
    left, right = st.columns(2, gap="large")
    with left:
        chart.draw(
            _chart(),
            key=Key.INFERRED_MATRIX,
            alt="The inferred confusion matrix; rows are true classes: "
            + "; ".join(
                f"{name} {', '.join(map(str, row))}"
                for name, row in zip(statements.CLASSES, counts, strict=True)
            ),
        )
    with right:
        _recalls(counts)


@st.cache_resource(show_spinner=False)
def _chart() -> go.Figure:
    return confusion_matrix(statements.RECONSTRUCTED_CONFUSION_MATRIX, statements.CLASSES)


def _recalls(counts: np.ndarray) -> None:
    lines = []
    for index, name in enumerate(statements.CLASSES):
        correct, all_of_class = int(counts[index, index]), int(counts[index].sum())
        interval = proportion(correct / all_of_class, all_of_class)
        lines.append(f"- {name}: {correct} of {all_of_class} correct, {format_percent(interval)}")
    whole = proportion(float(np.trace(counts) / counts.sum()), float(counts.sum()))
    st.markdown("\n".join(lines))
    st.markdown(
        f"{counts[1, 0]} of {counts[1].sum()} malignant files were predicted as benign. In all, "
        f"{np.trace(counts)} of {counts.sum()} are correct: {format_percent(whole)}.",
        help="95 % confidence intervals after Wilson, as if each file were of another patient.",
    )
