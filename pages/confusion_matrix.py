"""Which classes are mistaken for which, what a threshold changes, and the very images."""

from typing import Final, get_args

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import confusion
from core.figures.confusion_matrix import Show, confusion_matrix, row_shares
from pages.components.confusion_matrix import decision, gallery
from pages.components.confusion_matrix.tabs import predictions, tabs
from pages.components.shared import chart, layout
from pages.components.shared.text import escape_markdown, with_interval

CHART = "matrix"
# Cell → keys of its true and its predicted class, and of the sheet of its images.
CELLS = {"A": ("true", "called", "sheet"), "B": ("other-true", "other-called", "other-sheet")}
BOUND: Final = "query-params"

page = layout.begin(layout.CONFUSION_MATRIX)
model = layout.model(page)
class_names = model.bundle.manifest.class_names


def _take_click() -> None:
    points = st.session_state[CHART]["selection"]["points"]
    if points:
        *keys, sheet = CELLS[st.session_state.get("click") or "A"]
        for key, index in zip(keys, points[0]["customdata"], strict=True):
            st.session_state[key] = class_names[index]
        _first_sheet(sheet)


def _first_sheet(key: str) -> None:
    if key in st.session_state:
        st.session_state[key] = 1


chosen = decision.choose(model)
with layout.show_user_errors():
    shown = predictions(model, out_of_fold=chosen.out_of_fold)
called = confusion.decide(shown.chances, chosen.positive_index, chosen.threshold)
counts = confusion.count(shown.truth, called, len(class_names))
margins = confusion.margins(shown.truth, called, shown.table["group"], len(class_names))
table = shown.table.assign(
    predicted_class=[class_names[index] for index in called],
    confidence=shown.chances[np.arange(len(called)), called],
)

sentence = (
    f"Of {counts.sum():,} {'images of all folds' if chosen.out_of_fold else 'test images'}, "
    f"{chosen.in_words(class_names)}, **{np.trace(counts):,}** are right: accuracy "
    f"{with_interval(margins.accuracy)}."
)
if chosen.positive_index is not None:
    sentence += (
        f" For {escape_markdown(class_names[chosen.positive_index])}: sensitivity "
        f"{with_interval(margins.recall[chosen.positive_index])}, specificity "
        f"{with_interval(margins.specificity[chosen.positive_index])}."
    )
st.markdown(sentence)
st.caption(
    "In brackets 95 % intervals, in which a group of near-duplicates counts as one image."
    + (
        " Each image was predicted by the network of the fold that left it out; the operating point is "
        "that of this bundle's fold alone."
        if chosen.out_of_fold
        else ""
    )
)
# Drawn in another order than they stand in: the matrix frames the cells that are chosen under it, and the
# images may have to wait for the network.
left, right = st.columns(2, gap="large")
images, below = st.container(), st.container()

with images:
    st.header("Images of a cell")
    with st.container(horizontal=True):
        tint = st.toggle(
            "Saliency",
            value=True,
            key="tint",
            bind=BOUND,
            help="Which parts of an image raised the score of the class that it is called.",
        )
        compare = st.toggle("Compare two cells", key="two-cells", bind=BOUND)
        if compare:
            st.segmented_control("A click chooses", ["A", "B"], default="A", required=True, key="click")
    places = st.columns(2, gap="large") if compare else [st.container()]


def _choose_cell(name: str, defaults: tuple[int, int]) -> tuple[int, int]:
    *keys, sheet = CELLS[name]
    with st.container(horizontal=True):
        picked = [
            st.selectbox(
                f"{label} {name}" if compare else label,
                class_names,
                index=default,
                key=key,
                bind=BOUND,
                on_change=_first_sheet,
                args=(sheet,),
                width=200,
            )
            for label, default, key in zip(("True class", "Predicted class"), defaults, keys, strict=True)
        ]
    row, column = (class_names.index(one) for one in picked)
    return row, column


# First the cancers that the model misses, and beside them its false alarms.
missed = chosen.positive_index or 0
mistaken = int(missed == 0)
cells = []
for place, name, defaults in zip(places, CELLS, ((missed, mistaken), (mistaken, missed)), strict=False):
    with place:
        cells.append(_choose_cell(name, defaults))

with left:
    numbers = st.segmented_control(
        "Numbers",
        get_args(Show),
        default="counts",
        required=True,
        key="numbers",
        bind=BOUND,
    )
    chart.draw(
        confusion_matrix(counts, class_names, show=numbers, margins=margins, cells=cells),
        key=CHART,
        on_select=_take_click,
        selection_mode="points",
        alt=f"Confusion matrix of {model.label}; its numbers stand in the table below",
    )
    st.caption("Click a cell, or choose it with the lists below, to see its images.")
    with st.expander("The matrix as a table", icon=":material/table:"):
        recalls, precisions = (
            [with_interval(interval) for interval in each] for each in (margins.recall, margins.precision)
        )
        as_table = pd.DataFrame(
            [*([str(value) for value in row] for row in counts), precisions],
            columns=[f"called {name}" for name in class_names],
        )
        as_table.insert(0, "true class", [*class_names, "precision"])
        as_table["recall"] = [*recalls, ""]
        st.dataframe(
            as_table,
            hide_index=True,
            alt="Counts by true class (rows) and predicted class (columns), with recall and precision",
        )
with right:
    decision.draw_tradeoff(model, shown, chosen)
with below:
    tabs(model, shown)


for place, name, (row, column) in zip(places, CELLS, cells, strict=False):
    true_class, predicted_class = class_names[row], class_names[column]
    entries = table[(shown.truth == row) & (called == column)].sort_values("confidence", ascending=False)
    with place:
        st.markdown(
            f"**{counts[row, column]}** of {counts[row].sum()} {escape_markdown(true_class)} images"
            f" ({row_shares(counts)[row, column]:.0%}) are called {escape_markdown(predicted_class)}"
            + ("." if entries.empty else f"; median probability {entries['confidence'].median():.1%}.")
        )
        if not entries.empty:
            gallery.cell(
                model, entries, predicted_class, sheet=CELLS[name][2], size=6 if compare else 12, tint=tint
            )
gallery.large(model, table)
