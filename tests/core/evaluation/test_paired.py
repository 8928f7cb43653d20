"""Paired differences of two models on the same images."""

import numpy as np
import pandas as pd
import pytest
from random_predictions import CLASSES, random_set

from core.evaluation.intervals import independent_difference
from core.evaluation.mean_losses import intervals_of_means
from core.evaluation.metrics import evaluate
from core.evaluation.paired import differences, mcnemar, measure
from core.evaluation.predictions import probability_columns
from core.evaluation.results import Interval
from tests.support.simulated_predictions import ALL_FOLDS, TEST_SET, groups_of


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
    found = measured(first).intervals
    assert found == {
        "accuracy": expected.accuracy,
        "balanced_accuracy": expected.balanced_accuracy,
        "macro_f1": expected.macro_f1,
        "auc": expected.auc,
        "log_loss": expected.log_loss,
        "sensitivity": expected.per_class["malignant"].sensitivity,
    }
    assert "sensitivity" not in measured(first, positive_class=None).intervals


def test_a_model_differs_from_itself_by_nothing_but_the_interval_has_a_width(models) -> None:
    first, _ = models
    for gap in differences(measured(first), measured(first)).values():
        assert gap.low < gap.value == 0 < gap.high


def test_a_paired_interval_is_narrower_than_that_of_independent_models(models) -> None:
    first, second = (measured(model) for model in models)
    for name, paired in differences(first, second).items():
        assert paired.value == pytest.approx(first.intervals[name].value - second.intervals[name].value)
        assert paired.low < paired.value < paired.high
        if name != "log_loss":
            independent = independent_difference(first.intervals[name], second.intervals[name])
            assert paired.high - paired.low < 0.8 * (independent.high - independent.low), name


@pytest.mark.parametrize(
    ("more", "fewer", "p"),
    # Twice the binomial tail: 2 / 2^4, 2 / 2^5, 2 / 2^6, 2 * 11 / 2^10, 2 * 12 / 2^11.
    [
        (4, 0, 0.125),
        (5, 0, 0.0625),
        (6, 0, 0.03125),
        (9, 1, 22 / 1024),
        (10, 1, 24 / 2048),
        (3, 3, 1),
        (0, 0, 1),
    ],
)
def test_mcnemar_counts_groups(more: int, fewer: int, p: float) -> None:
    hits = np.zeros((2, 60), bool)
    groups = np.arange(60) // 2
    hits[0, : 2 * more] = True
    hits[1, 2 * more : 2 * (more + fewer)] = True
    assert mcnemar(*hits, groups) == pytest.approx(p)
    assert mcnemar(*hits[::-1], groups) == pytest.approx(p)


def discordant(more: int, fewer: int, pairs: int = 60) -> dict[str, Interval]:
    """Return the differences of two models that predict the same but for some groups of malignant images."""
    truth = np.repeat(np.arange(pairs) % 3, 2)
    confident = np.full((len(truth), 3), 0.1)
    confident[np.arange(len(truth)), truth] = 0.8
    wrong = np.roll(confident, 1, axis=1)
    first, second = confident.copy(), confident.copy()
    places = np.flatnonzero(truth == CLASSES.index("malignant"))
    second[places[: 2 * more]] = wrong[places[: 2 * more]]
    first[places[2 * more : 2 * (more + fewer)]] = wrong[places[2 * more : 2 * (more + fewer)]]
    return differences(measured(table(first, truth)), measured(table(second, truth)))


@pytest.mark.parametrize(
    ("more", "fewer", "sure"), [(4, 0, False), (5, 0, False), (6, 0, True), (9, 1, True)]
)
def test_a_difference_is_sure_only_where_the_exact_test_is(more: int, fewer: int, sure: bool) -> None:
    found = discordant(more, fewer)
    assert set(found) == {"accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "sensitivity"}
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "sensitivity"):
        assert (found[name].low > 0) == sure, name
        assert found[name].low < found[name].value < found[name].high
    mirrored = discordant(fewer, more) if fewer else None
    if mirrored is not None:
        assert mirrored["accuracy"].high < 0


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [TEST_SET, ALL_FOLDS], ids=["test set", "all folds"])
@pytest.mark.parametrize(("better", "worse"), [(0.01, 0.01), (0.05, 0.02), (0.1, 0.1), (0.2, 0.12)])
def test_paired_intervals_hold_the_true_difference(sizes, better: float, worse: float) -> None:
    classes, images = groups_of(sizes)
    group = np.repeat(np.arange(len(classes)), images)
    samples = 2_000
    drawn = np.random.default_rng(0).random((len(classes), samples))
    gaps = np.where(drawn < better, 1.0, np.where(drawn < better + worse, -1.0, 0.0))
    found = intervals_of_means(
        gaps[group],
        classes[group],
        group,
        unseen=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        rng=np.random.default_rng(0),
    )
    coverage = np.mean([each.low <= better - worse <= each.high for each in found])
    assert coverage >= 0.93, coverage
    if (better + worse) * len(classes) >= 12:
        assert coverage <= 0.975, coverage
    # McNemar's test takes its sign from these intervals' groups, and is seldom the narrower of the two.
    doubtful = [mcnemar(column[group] > 0, column[group] < 0, group) >= 0.05 for column in gaps.T[:300]]
    excluded = [each.low > 0 or each.high < 0 for each in found[:300]]
    assert np.mean(np.array(doubtful) & np.array(excluded)) < 0.06
