"""Metrics of the positive class against scikit-learn, by hand and by simulation."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from core.evaluation import positive_class
from core.evaluation.results import PositiveClassMetrics

NAMES = ("benign", "malignant", "normal")
pytestmark = pytest.mark.filterwarnings("error")


def predictions(seed: int, digits: int, count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(3), rng.integers(3, size=count - 3)])
    logits = rng.normal(size=(count, 3)) + 1.5 * np.eye(3)[truth]
    probabilities = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).round(digits)
    return truth, probabilities


def measure(truth, probabilities, groups=None, *, seed=0):
    groups = np.arange(len(truth)) if groups is None else groups
    return positive_class.measure(
        truth, probabilities, groups, class_names=NAMES, positive_class="malignant", seed=seed
    )


# Two digits make many ties; with none left, only the order of zeros and ones is.
@pytest.mark.parametrize("digits", [0, 2, 8])
def test_values_are_those_of_scikit_learn(digits: int) -> None:
    truth, probabilities = predictions(1, digits)
    found = measure(truth, probabilities)
    is_positive, score = truth == 1, probabilities[:, 1]
    assert found.against_rest.auc.value == pytest.approx(roc_auc_score(is_positive, score))
    assert found.against_rest.accuracy.value == ((score >= 0.5) == is_positive).mean()
    for other in (0, 2):
        both = (truth == 1) | (truth == other)
        total = score + probabilities[:, other]
        ratio = np.where(total > 0, score / np.where(total > 0, total, 1), 0.5)
        pair = found.against[NAMES[other]]
        assert pair.images == both.sum()
        assert pair.auc.value == pytest.approx(roc_auc_score(is_positive[both], ratio[both]))
    false_alarms, hits, _ = roc_curve(is_positive, score, drop_intermediate=False)
    point = found.at_specificity
    assert point.sensitivity.value == pytest.approx(hits[false_alarms <= 0.1 + 1e-9].max())
    if point.threshold is None:
        assert (point.sensitivity.value, point.specificity) == (0, 1)
    else:
        assert ((score >= point.threshold)[is_positive]).mean() == point.sensitivity.value
        assert point.specificity >= 0.9


def test_a_specificity_of_exactly_nine_tenths_is_enough() -> None:
    truth = np.array([0] * 10 + [1] * 4)
    score = np.array([0.1] * 9 + [0.8] + [0.9, 0.7, 0.6, 0.05])
    point = measure(truth, np.stack([1 - score, score, 0 * score], axis=1)).at_specificity
    assert (point.threshold, point.sensitivity.value, point.specificity) == (0.6, 0.75, 0.9)


def intervals(found: PositiveClassMetrics) -> np.ndarray:
    rest, pairs = found.against_rest, [pair.auc for pair in found.against.values()]
    metrics = [rest.accuracy, rest.auc, *pairs, found.at_specificity.sensitivity]
    return np.array([[metric.value, metric.low, metric.high] for metric in metrics])


def test_copies_do_not_narrow_an_interval() -> None:
    truth, probabilities = predictions(2, 8)
    once = intervals(measure(truth, probabilities))
    thrice = intervals(
        measure(*(np.repeat(each, 3, axis=0) for each in (truth, probabilities, np.arange(90))))
    )
    np.testing.assert_allclose(thrice, once, atol=0.02)
    assert (once[:, 1] < once[:, 0]).all()


def test_no_interval_has_zero_width_where_all_is_right() -> None:
    truth = np.repeat(np.arange(3), 20)
    found = intervals(measure(truth, np.eye(3)[truth]))
    np.testing.assert_array_equal(found[:, [0, 2]], 1)
    assert (found[:, 1] < 0.95).all()


def test_the_sensitivitys_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    # Few images without the class: most of the doubt is where the threshold should be.
    truth = np.repeat([1, 0], [120, 40])
    expected, hits = 1 - norm.cdf(norm.ppf(0.9) - 2.2), 0
    for seed in range(40):
        score = norm.cdf(rng.normal(size=len(truth)) + 2.2 * truth, loc=1.1)
        probabilities = np.stack([1 - score, score, 0 * score], axis=1)
        interval = measure(truth, probabilities, seed=seed).at_specificity.sensitivity
        hits += interval.low <= expected <= interval.high
    assert hits / 40 >= 0.85  # Wilson alone at the threshold found: 0.6


def test_what_cannot_be_measured_is_none() -> None:
    found = measure(np.array([1, 1, 2]), np.eye(3)[[1, 0, 0]])
    assert found.against["benign"].auc is None
    assert found.against["normal"].auc.value == 0.75
    found = measure(np.array([0, 2]), np.eye(3)[[1, 2]])
    assert found.against_rest.auc is found.at_specificity is None
    assert found.against_rest.accuracy.value == 0.5
    nobody = positive_class.measure([0], [[1.0]], [0], class_names=["a"], positive_class=None, seed=0)
    assert nobody is None


@pytest.mark.parametrize("truth", [[0, 1, 2], [1, 1, 1]])
def test_what_is_written_is_read_again(truth: list[int]) -> None:
    found = measure(np.array(truth), np.eye(3))
    assert PositiveClassMetrics.model_validate_json(found.model_dump_json()) == found
