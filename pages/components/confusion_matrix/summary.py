"""The metrics of the page under the chosen rule, as aligned numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.figures import captions
from pages.components.shared.text import escape_markdown, format_percent

if TYPE_CHECKING:
    from core.evaluation.results import Interval
    from pages.components.confusion_matrix.decision import DecisionRule
    from pages.components.confusion_matrix.predictions import Decided

_FOLDS = (
    "Each image was predicted by a network that was not trained on it; the operating point is that of this "
    "bundle's fold alone."
)


def draw(decided: Decided, rule: DecisionRule, class_names: tuple[str, ...]) -> None:
    """Draw how many images are correct, and sensitivity and specificity for the positive class."""
    counts, margins = decided.counts, decided.margins
    metrics = {"Accuracy": margins.accuracy}
    of_class = ""
    if rule.positive_index is not None:
        metrics |= {
            "Sensitivity": margins.recall[rule.positive_index],
            "Specificity": margins.specificity[rule.positive_index],
        }
        of_class = f" for {escape_markdown(class_names[rule.positive_index])}"
    exact = [
        f"- {name}{'' if name == 'Accuracy' else of_class}: {format_percent(share)}"
        for name, share in metrics.items()
    ]
    more = [f"Decision rule: {rule.describe(class_names)}.\n", *exact, f"\n{captions.INTERVALS}"]
    if rule.out_of_fold:
        more.append(_FOLDS)
    with st.grid("auto", min_column_width=120, gap="small"):
        _metric("Correct", f"**{np.trace(counts):,}** of {counts.sum():,}", "\n".join(more))
        for name, share in metrics.items():
            _metric(name, _short(share))


def _metric(name: str, value: str, more: str | None = None) -> None:
    with st.container(gap=None):
        st.caption(name, help=more)
        st.markdown(value)


def _short(share: Interval | None) -> str:
    if share is None:
        return "–"
    return f"**{share.value:.1%}** :small[({captions.rounded(share)})]"
