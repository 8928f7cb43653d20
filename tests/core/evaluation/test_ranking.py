"""Curves against the metrics, scikit-learn and counts by hand."""

import numpy as np
import pytest
from random_predictions import CLASSES
from sklearn import metrics

from core.evaluation import ranking
from core.evaluation.intervals import effective_size, proportion
from core.evaluation.metrics import evaluate


def test_the_tradeoff_holds_at_every_threshold(predictions) -> None:
    truth, probabilities, groups = predictions
    positive, scores = truth == 1, probabilities[:, 1]
    table = ranking.tradeoff(positive, scores, groups)
    assert table["threshold"].iloc[[0, -1]].tolist() == [0, 1]
    assert table.loc[0, ["sensitivity", "specificity"]].tolist() == [1, 0]
    for threshold in (0.0, 0.1, 0.333, 0.5, 0.995, 1.0):
        row = table[table["threshold"] >= threshold].iloc[0]
        assert row["sensitivity"] == pytest.approx((scores[positive] >= threshold).mean())
        assert row["specificity"] == pytest.approx((scores[~positive] < threshold).mean())
        expected = proportion(row["sensitivity"], effective_size(groups[positive]))
        assert tuple(row[["sensitivity_low", "sensitivity_high"]]) == (expected.low, expected.high)


def test_curves_agree_with_scikit_learn_and_the_measured_auc(predictions) -> None:
    truth, probabilities, groups = predictions
    found = evaluate(
        truth, probabilities, groups, class_names=CLASSES, positive_class=None, threshold=None, seed=0
    )
    for index, name in enumerate(CLASSES):
        is_class, scores = truth == index, probabilities[:, index]
        curve = ranking.roc(is_class, scores)
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx(found.per_class[name].auc.value)
        false, true, _ = metrics.roc_curve(is_class, scores, drop_intermediate=False)
        assert np.allclose(curve[["false_positive_rate", "true_positive_rate"]], np.stack([false, true], 1))
        curve = ranking.precision_recall(is_class, scores)
        assert ranking.average_precision(curve) == pytest.approx(
            metrics.average_precision_score(is_class, scores)
        )
        precision, recall, _ = metrics.precision_recall_curve(is_class, scores)
        assert np.allclose(curve[["precision", "recall"]][::-1], np.stack([precision, recall], 1)[:-1])


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    drawn = np.random.default_rng(1).integers(0, 4, (5, 200)).astype(float)
    drawn[0] = 1
    return drawn


def test_counts_are_those_of_each_threshold_by_itself(predictions, weights) -> None:
    truth, probabilities, _ = predictions
    of_class, scores = truth == 1, probabilities[:, 1]
    thresholds, hits, alarms = ranking.counts(of_class, scores, weights)
    assert thresholds.tolist() == [np.inf, *sorted(set(scores), reverse=True)]
    for index, threshold in enumerate(thresholds):
        reached = scores >= threshold
        assert hits[:, index].tolist() == weights[:, reached & of_class].sum(axis=1).tolist()
        assert alarms[:, index].tolist() == weights[:, reached & ~of_class].sum(axis=1).tolist()
    once = ranking.counts(of_class, scores)
    assert np.array_equal(once.true_positives, hits[:1])
    assert np.array_equal(once.false_positives, alarms[:1])


def test_areas_are_those_of_scikit_learn_under_weights(predictions, weights) -> None:
    truth, probabilities, _ = predictions
    areas = ranking.roc_areas(truth == 1, probabilities[:, 1], weights)
    expected = [metrics.roc_auc_score(truth == 1, probabilities[:, 1], sample_weight=row) for row in weights]
    assert areas == pytest.approx(expected)
    assert ranking.roc_areas(truth == 1, probabilities[:, 1]) == pytest.approx(expected[:1])


@pytest.mark.parametrize("specificity", [0, 0.5, 0.9, 1])
def test_the_sensitivity_at_a_specificity_is_the_best_of_all_thresholds(
    predictions, weights, specificity
) -> None:
    truth, probabilities, _ = predictions
    positive, scores = truth == 1, probabilities[:, 1]
    sensitivities, thresholds = ranking.sensitivity_at_specificity(positive, scores, weights, specificity)
    for row, weight in enumerate(weights):
        allowed = {
            threshold: np.average((scores >= threshold)[positive], weights=weight[positive])
            for threshold in [*scores, np.inf]
            if np.average((scores < threshold)[~positive], weights=weight[~positive]) >= specificity - 1e-9
        }
        assert sensitivities[row] == pytest.approx(max(allowed.values()))
        assert thresholds[row] == min(allowed)
