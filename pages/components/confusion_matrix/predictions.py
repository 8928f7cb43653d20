"""The predictions that the page shows, read once, and what follows from the chosen rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.evaluation import confusion
from core.evaluation.predictions import class_indices, probability_matrix
from core.inference import evaluate
from pages.components.shared import open_models
from pages.components.shared.open_models import BY_KEY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.evaluation.confusion import Margins
    from core.evaluation.results import Metrics
    from pages.components.confusion_matrix.decision import DecisionRule


class Predictions(NamedTuple):
    """Predictions of a model for N images.

    Attributes:
        table: ``test_set.parquet`` or ``out_of_fold.parquet``, N rows.
        truth: index of the true class, int64 [N].
        probabilities: float64 [N, C].
        metrics: metrics of these predictions.
    """

    table: pd.DataFrame
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    metrics: Metrics


class Decided(NamedTuple):
    """The same predictions under a decision rule.

    Attributes:
        predicted: index of the predicted class, int64 [N].
        counts: confusion matrix, int64 [C, C], rows true, columns predicted classes.
        margins: recall, precision and accuracy with their confidence intervals.
        table: the table of predictions with ``predicted_class``, and ``confidence``: its probability.
    """

    predicted: NDArray[np.int64]
    counts: NDArray[np.int64]
    margins: Margins
    table: pd.DataFrame


def read(model: open_models.Model, *, out_of_fold: bool) -> Predictions:
    """Return the predictions for the test set, or those of all folds together.

    Raises:
        BundleError: the table cannot be read.
    """
    manifest = model.bundle.manifest
    table = open_models.table(model, OUT_OF_FOLD if out_of_fold else TEST_SET)
    truth = class_indices(table["true_class"], manifest.class_names)
    metrics = _out_of_fold_metrics(model) if out_of_fold else open_models.metrics(model)
    return Predictions(table, truth, probability_matrix(table, manifest.class_names), metrics)


def decide(shown: Predictions, rule: DecisionRule, class_names: tuple[str, ...]) -> Decided:
    """Apply a decision rule."""
    predicted = confusion.decide(shown.probabilities, rule.positive_index, rule.threshold)
    return Decided(
        predicted,
        confusion.count(shown.truth, predicted, len(class_names)),
        confusion.margins(shown.truth, predicted, shown.table["group"], len(class_names)),
        shown.table.assign(
            predicted_class=[class_names[index] for index in predicted],
            confidence=shown.probabilities[np.arange(len(predicted)), predicted],
        ),
    )


@st.cache_data(max_entries=16, show_spinner="Evaluating the folds' predictions …", hash_funcs=BY_KEY)
def _out_of_fold_metrics(model: open_models.Model) -> Metrics:
    return evaluate.evaluate_out_of_fold(model.bundle)
