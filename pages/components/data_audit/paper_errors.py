"""Step 3: the test confusion matrix that the paper's text implies, and what else does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.evaluation.intervals import proportion
from core.figures.confusion_matrix import confusion_matrix
from core.paper import reconstruction, statements
from pages.components.data_audit import paper_statements
from pages.components.shared import chart, layout, navigation
from pages.components.shared.keys import Key
from pages.components.shared.text import format_percent, join

if TYPE_CHECKING:
    import plotly.graph_objects as go

_IMAGES = statements.INFERRED_SIZES["test"]
_PERCENT = round(100 * statements.TEST_ACCURACY)


def draw() -> None:
    """Draw the inferred matrix, the paper's contradictions, and earlier work, in a tab each."""
    matrix, contradictions, earlier = st.tabs(
        [
            ":material/grid_on: Confusion matrix",
            ":material/rule: Contradictions and gaps",
            ":material/menu_book: Earlier work",
        ]
    )
    with matrix:
        _matrix()
    with contradictions:
        paper_statements.contradictions()
    with earlier:
        paper_statements.earlier_work()


@st.fragment
def _matrix() -> None:
    navigation.remember(navigation.DATA_AUDIT)
    named = sum(statements.NAMED_ERRORS.values())
    left, right = st.columns([1.4, 1], gap="large")
    with right:
        with layout.controls():
            errors = st.slider(
                f"If so many of {_IMAGES} test files were wrong",
                0,
                40,
                named,
                key=Key.ERRORS,
                bind="query-params",
            )
        _rounded(errors, named)
        _inference(named)
    with left:
        counts = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
        chart.draw(
            _chart(),
            key=Key.INFERRED_MATRIX,
            alt="The inferred confusion matrix; rows are true classes: "
            + "; ".join(
                f"{name} {', '.join(map(str, row))}"
                for name, row in zip(statements.CLASSES, counts, strict=True)
            ),
        )
        st.caption("Inferred, not printed in the paper. Colour: share of the row.")


def _rounded(errors: int, named: int) -> None:
    """Say what accuracy a number of errors gives, and whether the paper states it."""
    share = (_IMAGES - errors) / _IMAGES
    if errors not in reconstruction.errors_that_round_to(_PERCENT, _IMAGES):
        fits = f"Not the {_PERCENT} % that the paper states."
    elif errors == named:
        fits = f"The paper's {_PERCENT} %, and the {named} errors that its text names."
    else:
        fits = f"The paper's {_PERCENT} %, but its text names {named} errors."
    st.metric(f"{_IMAGES - errors} of {_IMAGES} correct", f"{share:.2%}")
    st.markdown(fits)


def _inference(named: int) -> None:
    """Draw how the matrix follows, and the recall of each class with its interval."""
    possible = reconstruction.errors_that_round_to(_PERCENT, _IMAGES)
    st.markdown(
        f"{_PERCENT} % means {join([str(number) for number in possible], 'or')} errors. The text names "
        f"{named}: "
        + join(
            [
                f"{number} {true} predicted as {predicted}"
                for (true, predicted), number in statements.NAMED_ERRORS.items()
            ]
        )
        + ". So these are all, and the matrix can be inferred.",
        help=f"If the test set has the {_IMAGES} files of step 2.",
    )
    counts = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    lines = []
    for index, name in enumerate(statements.CLASSES):
        correct, all_of_class = int(counts[index, index]), int(counts[index].sum())
        interval = proportion(correct / all_of_class, all_of_class)
        lines.append(f"- {name}: {correct} of {all_of_class} correct, {format_percent(interval)}")
    whole = proportion(float(np.trace(counts) / counts.sum()), float(counts.sum()))
    lines.append(f"- all: {np.trace(counts)} of {counts.sum()} correct, {format_percent(whole)}")
    st.markdown(
        "\n".join(lines),
        help="95 % confidence intervals, at each end the wider of Wilson's and Jeffreys', as if each file "
        "were of another patient.",
    )


@st.cache_resource(show_spinner=False)
def _chart() -> go.Figure:
    figure = confusion_matrix(statements.RECONSTRUCTED_CONFUSION_MATRIX, statements.CLASSES)
    return figure.update_layout(height=420)
