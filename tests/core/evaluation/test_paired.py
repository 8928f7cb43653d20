"""Paired differences of two models on the same images."""

import numpy as np
import pandas as pd
import pytest
from random_predictions import CLASSES, random_set

from core.evaluation.metrics import evaluate
from core.evaluation.paired import differences, intervals, measure
from core.evaluation.predictions import probability_columns


def table(probabilities: np.ndarray, truth: np.ndarray) -> pd.DataFrame:
    found = pd.DataFrame(probabilities, columns=probability_columns(CLASSES))
    return found.assign(true_class=np.array(CLASSES)[truth], group=np.arange(len(truth)) // 2)


def measured(predictions: pd.DataFrame, positive_class: str | None = "malignant", seed: int = 0):
    return measure(predictions, class_names=CLASSES, positive_class=positive_class, seed=seed)


@pytest.fixture(scope="module")
def models() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A model with some skill, and one that errs where the first errs and a little more often."""
    rng = np.random.default_rng(0)
    truth, probabilities = random_set(120, rng)
    worse = np.where(rng.random((len(truth), 1)) < 0.1, probabilities[:, ::-1], probabilities)
    return table(probabilities, truth), table(worse, truth)


def test_metrics_are_those_of_evaluate(models) -> None:
    first, _ = models
    expected = evaluate(
        [CLASSES.index(name) for name in first["true_class"]],
        first[probability_columns(CLASSES)],
        first["group"],
        class_names=CLASSES,
        positive_class="malignant",
        threshold=None,
        seed=0,
    )
    found = intervals(measured(first))
    assert found == {
        "accuracy": expected.accuracy,
        "balanced_accuracy": expected.balanced_accuracy,
        "macro_f1": expected.macro_f1,
        "auc": expected.auc,
        "log_loss": expected.log_loss,
        "sensitivity": expected.per_class["malignant"].sensitivity,
    }
    assert "sensitivity" not in measured(first, positive_class=None)


def test_a_model_differs_from_itself_by_nothing_but_the_interval_has_a_width(models) -> None:
    first, _ = models
    for gap in differences(measured(first), measured(first)).values():
        assert gap.low < gap.value == 0 < gap.high


def test_a_paired_interval_is_narrower_than_that_of_independent_models(models) -> None:
    first, second = (measured(model) for model in models)
    paired = differences(first, second)["accuracy"]
    independent = differences(first, measured(models[1], seed=1))["accuracy"]
    assert paired.value == independent.value
    assert paired.value == first["accuracy"].interval.value - second["accuracy"].interval.value
    assert 0 < paired.low < paired.value < paired.high
    assert paired.high - paired.low < 0.7 * (independent.high - independent.low)
