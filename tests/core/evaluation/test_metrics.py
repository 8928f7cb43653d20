"""Metrics against scikit-learn, their intervals by known values and simulation."""

import subprocess
import sys
import time

import numpy as np
import pytest
from paths import ROOT
from random_predictions import CLASSES, random_set
from sklearn import metrics

from core.errors import UserError
from core.evaluation.intervals import Z, proportion
from core.evaluation.mean_losses import brier_losses, log_losses
from core.evaluation.metrics import evaluate, weighted_metrics
from core.evaluation.results import Metrics

pytestmark = pytest.mark.filterwarnings("error")

MEANS = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "brier_score")


def measure(truth, probabilities, groups=None, *, threshold=0.3, positive="malignant", seed=0):
    return evaluate(
        truth,
        probabilities,
        np.arange(len(truth)) if groups is None else groups,
        class_names=CLASSES,
        positive_class=positive,
        threshold=threshold,
        seed=seed,
    )


def width(interval):
    return interval.high - interval.low


def intervals_in(result):
    found = [getattr(result, name) for name in MEANS]
    for one in result.per_class.values():
        found += [one.sensitivity, one.specificity, one.precision, one.f1]
    if result.operating_point:
        found += [result.operating_point.sensitivity, result.operating_point.specificity]
    return [interval for interval in found if interval is not None]


@pytest.mark.parametrize("digits", [None, 1], ids=["continuous", "ties"])
def test_values_are_those_of_scikit_learn(digits):
    truth, probabilities = random_set(400, np.random.default_rng(0), digits=digits)
    if digits:  # scikit-learn wants rows that sum to exactly 1
        probabilities[:, 2] = 1 - probabilities[:, 0] - probabilities[:, 1]
        probabilities = np.clip(probabilities, 0, 1)
    predicted = probabilities.argmax(axis=1)
    result = measure(truth, probabilities)
    expected = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "auc": metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro"),
        "log_loss": metrics.log_loss(truth, probabilities),
        "brier_score": metrics.brier_score_loss(truth, probabilities, scale_by_half=False),
    }
    assert {name: getattr(result, name).value for name in expected} == pytest.approx(expected)
    precision, sensitivity, f1, support = metrics.precision_recall_fscore_support(truth, predicted)
    matrices = metrics.multilabel_confusion_matrix(truth, predicted)
    for index, one in enumerate(result.per_class.values()):
        assert one.support == support[index]
        assert one.sensitivity.value == pytest.approx(sensitivity[index])
        assert one.precision.value == pytest.approx(precision[index])
        assert one.f1.value == pytest.approx(f1[index])
        (true_negative, false_positive), _ = matrices[index]
        assert one.specificity.value == pytest.approx(true_negative / (true_negative + false_positive))
    assert np.array_equal(result.confusion_matrix, metrics.confusion_matrix(truth, predicted))


def test_the_resampled_metrics_are_those_of_scikit_learn_under_weights():
    rng = np.random.default_rng(1)
    truth, probabilities = random_set(200, rng, digits=1)
    weights = rng.integers(0, 4, (2, len(truth))).astype(float)
    ours, predicted = weighted_metrics(truth, probabilities, weights), probabilities.argmax(axis=1)
    for row, weight in enumerate(weights):
        areas = [
            metrics.roc_auc_score(truth == index, probabilities[:, index], sample_weight=weight)
            for index in range(3)
        ]
        scores = metrics.precision_recall_fscore_support(truth, predicted, sample_weight=weight)
        assert ours.auc[row] == pytest.approx(areas)
        assert ours.sensitivity[row] == pytest.approx(scores[1])
        assert ours.f1[row] == pytest.approx(scores[2])


def written_and_read(result):
    return Metrics.model_validate_json(result.model_dump_json())


def test_what_is_written_is_read_again():
    truth, probabilities = random_set(120, np.random.default_rng(2))
    result = measure(truth, probabilities)
    assert written_and_read(result) == result
    assert result.images == len(truth)
    for interval in intervals_in(result):
        assert 0 <= interval.low <= interval.value <= interval.high


def test_one_seed_gives_one_result_and_another_seed_the_same_values():
    data = random_set(100, np.random.default_rng(3))
    assert measure(*data) == measure(*data)
    other = measure(*data, seed=1)
    assert other.auc.value == measure(*data).auc.value
    assert other.log_loss.low != measure(*data).log_loss.low


def test_copies_do_not_narrow_an_interval():
    truth, probabilities = random_set(100, np.random.default_rng(5))
    once = measure(truth, probabilities)
    copied = np.repeat(truth, 4), np.repeat(probabilities, 4, axis=0)
    grouped = measure(*copied, np.repeat(np.arange(len(truth)), 4))
    as_images = measure(*copied)
    assert (grouped.images, grouped.groups) == (len(truth) * 4, len(truth))
    for name in MEANS:
        few, many, wrong = (getattr(result, name) for result in (once, grouped, as_images))
        assert many.value == pytest.approx(few.value)
        assert width(many) == pytest.approx(width(few), rel=0.15)
        assert width(many) > 1.6 * width(wrong)
    malignant = [result.per_class["malignant"].sensitivity for result in (once, grouped)]
    assert dict(malignant[0]) == pytest.approx(dict(malignant[1]))
    errors = [result.expected_calibration_error.perfect_mean for result in (grouped, as_images)]
    assert errors[0] > 1.6 * errors[1]


@pytest.mark.parametrize("right", [True, False], ids=["perfect", "all_wrong"])
def test_no_interval_has_zero_width(right):
    truth = np.repeat([0, 1, 2], 20)
    probabilities = np.eye(3)[truth if right else (truth + 1) % 3]
    result = measure(truth, probabilities)
    assert result.balanced_accuracy.value == result.accuracy.value == float(right)
    assert all(width(interval) > 0.03 for interval in intervals_in(result))
    if right:
        # The three classes are three samples: 1 - (1 - 0.839) / √3.
        assert result.balanced_accuracy.low == pytest.approx(0.907, abs=1e-3)
        assert result.accuracy.low == pytest.approx(60 / (60 + Z**2))


def test_one_group_in_each_class_gives_wide_intervals():
    truth, probabilities = random_set(60, np.random.default_rng(6))
    result = measure(truth, probabilities, truth)
    assert all(width(getattr(result, name)) > 0.3 for name in MEANS)


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(7)
    truth, probabilities = random_set(100_000, rng)
    measured = weighted_metrics(truth, probabilities, np.ones((1, len(truth))))
    population = {
        "accuracy": (probabilities.argmax(axis=1) == truth).mean(),
        "balanced_accuracy": measured.sensitivity.mean(),
        "macro_f1": measured.f1.mean(),
        "auc": measured.auc.mean(),
        "log_loss": log_losses(truth, probabilities).of_truth.mean(),
        "brier_score": brier_losses(truth, probabilities).of_truth.mean(),
    }
    trials = 100
    held = dict.fromkeys(MEANS, 0)
    for _ in range(trials):
        result = measure(*random_set(80, rng))
        for name in MEANS:
            interval = getattr(result, name)
            held[name] += interval.low <= population[name] <= interval.high
    # 95 of 100, less two and a half standard deviations of such a count.
    assert min(held.values()) >= 0.895 * trials, held


def test_a_class_without_images():
    truth, probabilities = random_set(200, np.random.default_rng(8))
    some = truth < 2
    truth, probabilities = truth[some], probabilities[some]
    result = measure(truth, probabilities)
    normal = result.per_class["normal"]
    assert normal.support == 0
    assert normal.sensitivity is normal.f1 is None
    assert normal.specificity.value == pytest.approx((probabilities.argmax(axis=1) != 2).mean())
    assert normal.precision.value == 0
    areas = [metrics.roc_auc_score(truth == index, probabilities[:, index]) for index in (0, 1)]
    assert result.auc.value == pytest.approx(np.mean(areas))
    assert written_and_read(result) == result


def test_one_class_only():
    result = measure([1, 1, 1], [[0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert result.auc is None
    assert result.per_class["malignant"].specificity is None
    assert result.per_class["malignant"].sensitivity.value == pytest.approx(2 / 3)
    assert result.operating_point.specificity is None
    assert written_and_read(result) == result


def test_a_class_that_is_never_predicted():
    result = measure([0, 0, 1], [[0.8, 0.1, 0.1]] * 3)
    assert result.per_class["malignant"].precision is None
    assert result.per_class["malignant"].f1.value == 0
    assert written_and_read(result) == result


def test_one_image_and_none():
    alone = measure([0], [[0.7, 0.2, 0.1]])
    assert written_and_read(alone) == alone
    with pytest.raises(UserError, match="no image"):
        measure([], np.empty((0, 3)))


def test_operating_point_falls_as_it_falls():
    truth, probabilities = random_set(200, np.random.default_rng(9))
    point = measure(truth, probabilities, threshold=0.2).operating_point
    predicted_positive, malignant = probabilities[:, 1] >= 0.2, truth == 1
    assert point.threshold == 0.2
    assert point.sensitivity.value == pytest.approx(predicted_positive[malignant].mean())
    assert point.specificity.value == pytest.approx((~predicted_positive[~malignant]).mean())
    assert point.sensitivity == proportion(predicted_positive[malignant].mean(), malignant.sum())
    assert measure(truth, probabilities, positive=None).operating_point is None
    assert measure(truth, probabilities, threshold=None).operating_point is None


def test_a_thousand_images_take_less_than_two_seconds():
    data = random_set(1000, np.random.default_rng(10))
    start = time.process_time()
    measure(*data)
    assert time.process_time() - start < 2


def test_scikit_learn_is_not_imported():
    code = (
        "import sys, core.evaluation.metrics, core.evaluation.calibration; sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
