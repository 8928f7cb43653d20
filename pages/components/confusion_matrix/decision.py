"""The controls of the page: predictions, decision rule, and the numbers in the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import streamlit as st

from core.bundle.limitations import NO_OPERATING_POINT
from core.bundle.manifest import OUT_OF_FOLD
from core.figures import captions
from core.figures.confusion_matrix import Show
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest
    from pages.components.shared.open_models import Model

_BOUND: Final = "query-params"
# As they stand in the address.
_TEST_SET, _FOLDS = "test set", "out of fold"
_MOST_PROBABLE, _OPERATING_POINT, _OWN = captions.MOST_PROBABLE, "operating point", "own threshold"
_NUMBERS_WIDTH, _SLIDER_WIDTH, _SLIDER_HEIGHT = 150, 184, 68  # pixels


class DecisionRule(NamedTuple):
    """A choice of predictions and a decision rule.

    Attributes:
        out_of_fold: predictions of all folds instead of those for the test set.
        positive_index: index of the class that has a threshold, or None.
        threshold: probability from which an image is predicted as positive; None for the most probable class.
        own: whether the threshold is the visitor's.
    """

    out_of_fold: bool
    positive_index: int | None
    threshold: float | None
    own: bool

    def describe(self, class_names: tuple[str, ...]) -> str:
        """Write the rule in words."""
        positive = None if self.positive_index is None else escape_markdown(class_names[self.positive_index])
        return captions.rule(positive, self.threshold)


def choose(model: Model) -> tuple[DecisionRule, Show]:
    """Draw the controls; the slider comes with the rule that uses it."""
    manifest = model.bundle.manifest
    positive, operating = manifest.positive_class, _operating_threshold(manifest)
    which, rule, own = _TEST_SET, _MOST_PROBABLE, 0.5
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if model.bundle.has(OUT_OF_FOLD):
            which = st.segmented_control(
                "Predictions",
                [_TEST_SET, _FOLDS],
                default=_TEST_SET,
                required=True,
                key=Key.PREDICTIONS,
                bind=_BOUND,
                help="Out of fold: each image, predicted by a network that was not trained on it.",
            )
        if positive is not None:
            rule = st.segmented_control(
                "Decision rule",
                [_MOST_PROBABLE, *([] if operating is None else [_OPERATING_POINT]), _OWN],
                default=_MOST_PROBABLE,
                required=True,
                key=Key.RULE,
                bind=_BOUND,
                wrap=True,
                help=captions.rule_explained(escape_markdown(positive)),
            )
        numbers = _choose_numbers()
        if positive is not None:
            # Its place is kept, so that no rule moves the matrix.
            with st.container(height=_SLIDER_HEIGHT, width=_SLIDER_WIDTH, border=False):
                own = _choose_threshold(positive) if rule == _OWN else own
    if positive is None:
        st.caption(NO_OPERATING_POINT)
    threshold = {_MOST_PROBABLE: None, _OPERATING_POINT: operating, _OWN: own}[rule]
    index = None if positive is None else manifest.class_names.index(positive)
    return DecisionRule(which == _FOLDS, index, threshold, rule == _OWN), numbers


def _choose_numbers() -> Show:
    return st.selectbox(
        "Numbers", get_args(Show), key=Key.NUMBERS, bind=_BOUND, width=_NUMBERS_WIDTH, filter_mode=None
    )


def _choose_threshold(positive: str) -> float:
    return st.slider(
        f"Own threshold for {escape_markdown(positive)}", 0.0, 1.0, 0.5, 0.01, key=Key.THRESHOLD, bind=_BOUND
    )


def _operating_threshold(manifest: Manifest) -> float | None:
    return None if manifest.positive_class is None else manifest.decision.operating_threshold
