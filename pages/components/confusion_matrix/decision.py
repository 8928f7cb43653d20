"""By which predictions and by which rule images are called, and what another threshold would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import streamlit as st

from core.bundle.manifest import OUT_OF_FOLD
from core.evaluation import ranking
from core.figures.style import class_colours
from core.figures.thresholds import tradeoff
from pages.components.shared import chart
from pages.components.shared.text import escape_markdown, join

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest
    from pages.components.confusion_matrix.tabs import Predictions
    from pages.components.shared.open_models import Model

_BOUND: Final = "query-params"
_TEST_PART, _FOLDS = "test set", "out of fold"
_MOST_PROBABLE, _OPERATING_POINT, _OWN = "most probable class", "operating point", "own threshold"
_RULE = "decision"


class Decision(NamedTuple):
    """What the visitor chose.

    Attributes:
        out_of_fold: the predictions of all folds, not those for the test set.
        positive_index: the class that has a threshold, or None.
        threshold: from which an image is called positive; None for the most probable class.
        own: whether the threshold is the visitor's own.
    """

    out_of_fold: bool
    positive_index: int | None
    threshold: float | None
    own: bool

    def in_words(self, class_names: tuple[str, ...]) -> str:
        """Write the rule so that it fits into a sentence."""
        if self.threshold is None or self.positive_index is None:
            return "each called by its most probable class"
        positive = escape_markdown(class_names[self.positive_index])
        return (
            f"called {positive} from a probability of {self.threshold:.1%} on, and else by the most probable "
            "other class"
        )


def choose(model: Model) -> Decision:
    """Draw the widgets that choose predictions and rule; moving the slider chooses its own threshold."""
    manifest = model.bundle.manifest
    positive, operating = manifest.positive_class, _operating_threshold(manifest)
    which, rule, own = _TEST_PART, _MOST_PROBABLE, 0.5
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        if model.bundle.has(OUT_OF_FOLD):
            which = st.segmented_control(
                "Predictions",
                [_TEST_PART, _FOLDS],
                default=_TEST_PART,
                required=True,
                key="predictions",
                bind=_BOUND,
                help="Out of fold: every image, predicted by the network of the fold that left it out.",
            )
        if positive is not None:
            rule = st.segmented_control(
                "Called by",
                [_MOST_PROBABLE, *([] if operating is None else [_OPERATING_POINT]), _OWN],
                default=_MOST_PROBABLE,
                required=True,
                key=_RULE,
                bind=_BOUND,
                wrap=True,
                help=f"At or above the threshold, an image is predicted as {escape_markdown(positive)}; "
                "below it, as the most probable of the other classes.",
            )
            own = st.slider(
                f"Own threshold for {escape_markdown(positive)}",
                0.0,
                1.0,
                0.5,
                0.01,
                key="threshold",
                bind=_BOUND,
                on_change=_use_own,
                width=300,
            )
    threshold = {_MOST_PROBABLE: None, _OPERATING_POINT: operating, _OWN: own}[rule]
    index = None if positive is None else manifest.class_names.index(positive)
    return Decision(which == _FOLDS, index, threshold, rule == _OWN)


def draw_tradeoff(model: Model, shown: Predictions, decision: Decision) -> None:
    """Draw sensitivity and specificity over the threshold, with the operating point and the visitor's own."""
    manifest = model.bundle.manifest
    is_positive = shown.truth == decision.positive_index
    if decision.positive_index is None or is_positive.all() or not is_positive.any():
        st.caption(
            "There is no trade-off to draw: it needs a positive class, and images of it and of others."
        )
        return
    positive, operating = manifest.class_names[decision.positive_index], _operating_threshold(manifest)
    marks = {} if operating is None else {f"operating point {operating:.1%}": operating}
    if decision.own and decision.threshold is not None:
        marks[f"own threshold {decision.threshold:.0%}"] = decision.threshold
    curve = ranking.tradeoff(is_positive, shown.chances[:, decision.positive_index], shown.table["group"])
    chart.draw(
        tradeoff(curve, positive, marks, colour=class_colours(manifest.class_names)[positive]),
        key="tradeoff",
        alt=f"Sensitivity and specificity for {positive} over the threshold, with {join(list(marks))}",
    )
    words = "What a threshold wins in sensitivity it pays in specificity. The bands are 95 % intervals."
    if operating is not None:
        words += (
            f" The operating point is the {escape_markdown(manifest.decision.operating_rule)}; here you see "
            "what is left of that on other images."
        )
    st.caption(words)
    with st.expander("The trade-off as a table", icon=":material/table:"):
        st.dataframe(
            curve,
            hide_index=True,
            height=240,
            column_config={
                name: st.column_config.NumberColumn(name.replace("_", ", "), format="percent")
                for name in curve.columns
            },
            alt=f"Sensitivity and specificity for {positive} by threshold",
        )


def _operating_threshold(manifest: Manifest) -> float | None:
    return None if manifest.positive_class is None else manifest.decision.operating_threshold


def _use_own() -> None:
    st.session_state[_RULE] = _OWN
