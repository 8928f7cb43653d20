"""Confusion matrix: which classes the model confuses, what a threshold changes, and the images."""

import streamlit as st

from pages.components.confusion_matrix import cell, decision, enlarged, matrix, tabs, tradeoff
from pages.components.confusion_matrix.predictions import decide, draw_summary, predictions
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(navigation.CONFUSION_MATRIX)
model = layout.model(page)
class_names = model.bundle.manifest.class_names

rule = decision.choose(model)
with show_user_errors():
    shown = predictions(model, out_of_fold=rule.out_of_fold)
decided = decide(shown, rule, class_names)
draw_summary(decided, rule, class_names)

# Drawn in another order than they stand in: the matrix frames the cell that is chosen below it, and the
# images may have to wait for the network.
left, right = st.columns(2, gap="large")
images, below = st.container(), st.container()
with images:
    chosen = cell.choose(model, rule)
with left:
    matrix.draw(model, decided, chosen)
with right:
    tradeoff.draw(model, shown, rule)
with below:
    tabs.draw(model, shown)
with images:
    cell.draw_images(model, shown, decided, chosen)
enlarged.draw(model, decided.table)
