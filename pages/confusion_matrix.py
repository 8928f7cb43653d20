"""Confusion matrix: which classes the model confuses, what a threshold changes, and the images."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin(charts=True)

import streamlit as st

from pages.components.confusion_matrix import (
    cell,
    decision,
    enlarged,
    gallery,
    matrix,
    predictions,
    summary,
    tabs,
)
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(first, navigation.CONFUSION_MATRIX)
model = layout.model(page)

with layout.controls():
    rule, numbers = decision.choose(model)
with show_user_errors():
    shown = predictions.read(model, out_of_fold=rule.out_of_fold)
decided = predictions.decide(shown, rule, model.bundle.manifest.class_names)

# The matrix frames the cell that is chosen beside it.
with layout.main_object():
    left, right = st.columns([55, 47], gap="medium")
with right.container(gap="xsmall"):
    chosen, header = cell.choose(model, rule)
    entries = cell.images(shown, decided, chosen)
    images = gallery.draw(model, decided, chosen, entries, header)
with left:
    matrix.draw(model, decided, chosen, numbers)
    summary.draw(decided, rule, model.bundle.manifest.class_names)
tabs.draw(tabs.Selection(model, shown, decided, rule, entries))
enlarged.draw(model, decided.table)

# Last: the network may have to be loaded first.
gallery.explain(model, images)
