"""The trade-off between sensitivity and specificity when the threshold moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation import ranking
from core.figures import captions
from core.figures.style import class_colours
from core.figures.thresholds import tradeoff
from pages.components.shared import chart, data_table
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pages.components.confusion_matrix.decision import DecisionRule
    from pages.components.confusion_matrix.predictions import Predictions
    from pages.components.shared.open_models import Model


def draw(model: Model, shown: Predictions, rule: DecisionRule) -> None:
    """Draw sensitivity and specificity by threshold, with the operating point and the visitor's own."""
    manifest = model.bundle.manifest
    is_positive = shown.truth == rule.positive_index
    if rule.positive_index is None or is_positive.all() or not is_positive.any():
        st.caption(captions.NO_TRADEOFF)
        return
    positive, operating = manifest.class_names[rule.positive_index], manifest.decision.operating_threshold
    marks = {} if operating is None else {f"operating point {operating:.1%}": operating}
    if rule.own and rule.threshold is not None:
        marks[f"own threshold {rule.threshold:.0%}"] = rule.threshold
    probabilities = shown.probabilities[:, rule.positive_index]
    curve = ranking.tradeoff(is_positive, probabilities, shown.table["group"])
    chart.draw(
        tradeoff(curve, positive, marks, colour=class_colours(manifest.class_names)[positive]),
        key=Key.TRADEOFF_CHART,
        alt=captions.tradeoff(positive, list(marks)),
    )
    st.caption(
        captions.TRADEOFF,
        help=None
        if operating is None
        else captions.operating_rule(manifest.decision.operating_rule, escape_markdown),
    )
    table = st.expander(
        "The trade-off as a table", icon=":material/table:", key=Key.TRADEOFF_TABLE, on_change="rerun"
    )
    if table.open:
        with table:
            data_table.draw(
                curve,
                height=240,
                column_config={
                    name: st.column_config.NumberColumn(name.replace("_", ", "), format="percent")
                    for name in curve.columns
                },
                alt=f"Sensitivity and specificity for {positive} by threshold",
            )
