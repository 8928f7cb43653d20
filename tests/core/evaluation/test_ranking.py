"""Called classes, margins and curves, against the measured figures, scikit-learn and counts by hand."""

import numpy as np
import pytest

from core.evaluation import confusion, ranking
from core.evaluation.intervals import effective_size, wilson
from core.evaluation.metrics import evaluate

CLASSES = ("benign", "malignant", "normal")


@pytest.fixture(scope="module")
def answers():
    """True classes, probabilities with ties, and groups of one to three images."""
    rng = np.random.default_rng(3)
    truth = rng.choice(3, 200, p=[0.5, 0.3, 0.2])
    odds = np.exp(rng.normal(size=(200, 3)) + 1.2 * np.eye(3)[truth])
    chances = np.round(odds / odds.sum(axis=1, keepdims=True), 2)
    return truth, chances, rng.integers(0, 120, 200)


def test_without_a_threshold_the_most_probable_class_is_called() -> None:
    assert confusion.decide([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]).tolist() == [0, 2]


def test_a_threshold_calls_positive_from_itself_on_and_else_the_best_of_the_others() -> None:
    chances = [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.29, 0.51], [0.2, 0.8, 0.0]]
    assert confusion.decide(chances, 1, 0.3).tolist() == [1, 1, 2, 1]
    # Above the most probable class: it is then not called positive.
    assert confusion.decide(chances, 1, 0.7).tolist() == [0, 2, 2, 1]
    assert confusion.decide(chances, 1, 0.0).tolist() == [1, 1, 1, 1]


def test_margins_are_the_figures_that_evaluate_gives(answers) -> None:
    truth, chances, groups = answers
    called = confusion.decide(chances)
    margins = confusion.margins(truth, called, groups, 3)
    figures = evaluate(
        truth, chances, groups, class_names=CLASSES, positive_class="malignant", threshold=0.25, seed=0
    )
    assert margins.accuracy._asdict() == figures["accuracy"]
    for index, name in enumerate(CLASSES):
        expected = figures["per_class"][name]
        assert margins.recall[index]._asdict() == expected["sensitivity"]
        assert margins.specificity[index]._asdict() == expected["specificity"]
        assert margins.precision[index]._asdict() == expected["precision"]
    matrix = confusion.count(truth, called, 3)
    assert matrix.tolist() == figures["confusion_matrix"]
    assert matrix.sum(axis=1).tolist() == np.bincount(truth).tolist()
    at_threshold = confusion.margins(truth, confusion.decide(chances, 1, 0.25), groups, 3)
    assert at_threshold.recall[1]._asdict() == figures["operating_point"]["sensitivity"]
    assert at_threshold.specificity[1]._asdict() == figures["operating_point"]["specificity"]


def test_what_has_no_image_has_no_margin() -> None:
    margins = confusion.margins([0, 0, 1], [0, 0, 0], [1, 2, 3], 3)
    assert margins.recall[2] is None
    assert margins.precision[1:] == (None, None)
    assert margins.recall[0].low < margins.recall[0].value == 1


def test_the_tradeoff_holds_at_every_threshold(answers) -> None:
    truth, chances, groups = answers
    positive, scores = truth == 1, chances[:, 1]
    table = ranking.tradeoff(positive, scores, groups)
    assert table["threshold"].iloc[[0, -1]].tolist() == [0, 1]
    assert table.loc[0, ["sensitivity", "specificity"]].tolist() == [1, 0]
    for threshold in (0.0, 0.1, 0.333, 0.5, 0.995, 1.0):
        row = table[table["threshold"] >= threshold].iloc[0]
        assert row["sensitivity"] == pytest.approx((scores[positive] >= threshold).mean())
        assert row["specificity"] == pytest.approx((scores[~positive] < threshold).mean())
        expected = wilson(row["sensitivity"], effective_size(groups[positive]))
        assert tuple(row[["sensitivity_low", "sensitivity_high"]]) == expected[1:]


def test_curves_agree_with_scikit_learn_and_the_measured_auc(answers) -> None:
    from sklearn import metrics

    truth, chances, groups = answers
    figures = evaluate(
        truth, chances, groups, class_names=CLASSES, positive_class=None, threshold=None, seed=0
    )
    for index, name in enumerate(CLASSES):
        is_class, scores = truth == index, chances[:, index]
        curve = ranking.roc(is_class, scores)
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx(figures["per_class"][name]["auc"]["value"])
        false, true, _ = metrics.roc_curve(is_class, scores, drop_intermediate=False)
        assert np.allclose(curve[["false_positive_rate", "true_positive_rate"]], np.stack([false, true], 1))
        curve = ranking.precision_recall(is_class, scores)
        assert ranking.average_precision(curve) == pytest.approx(
            metrics.average_precision_score(is_class, scores)
        )
        precision, recall, _ = metrics.precision_recall_curve(is_class, scores)
        assert np.allclose(curve[["precision", "recall"]][::-1], np.stack([precision, recall], 1)[:-1])
