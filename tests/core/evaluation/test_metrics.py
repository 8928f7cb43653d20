"""Metrics against scikit-learn, intervals by known values and simulation, decisions by their promise."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from paths import ROOT
from sklearn import metrics

from core.errors import UserError
from core.evaluation.calibration import (
    calibration_error,
    conformal_threshold,
    distance_threshold,
    fit_temperature,
    operating_threshold,
    perfect_calibration_errors,
    prediction_set,
    reliability,
)
from core.evaluation.intervals import (
    RESAMPLES,
    Z,
    effective_size,
    resampled_weights,
    wilson,
    wilson_of_auc,
    wilson_of_f1,
    wilson_of_mean,
)
from core.evaluation.metrics import evaluate, weighted_figures
from core.evaluation.results import Metrics

pytestmark = pytest.mark.filterwarnings("error")

CLASSES = ("benign", "malignant", "normal")
MEANS = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "brier_score")


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def random_set(count, rng, skill=1.5, digits=None):
    """Classes at 55, 30 and 15 %, probabilities of a classifier with some skill; rounding makes ties."""
    truth = np.repeat([0, 1, 2], (np.array([0.55, 0.3, 0.15]) * count).astype(int))
    logits = rng.normal(size=(len(truth), 3))
    logits[np.arange(len(truth)), truth] += skill
    chances = softmax(logits)
    return truth, chances if digits is None else chances.round(digits)


def measure(truth, chances, groups=None, *, threshold=0.3, positive="malignant", seed=0):
    return evaluate(
        truth,
        chances,
        np.arange(len(truth)) if groups is None else groups,
        class_names=CLASSES,
        positive_class=positive,
        threshold=threshold,
        seed=seed,
    )


def width(interval):
    return interval["high"] - interval["low"]


def intervals_in(result):
    found = [result[name] for name in MEANS]
    for one in result["per_class"].values():
        found += [one[name] for name in ("sensitivity", "specificity", "precision", "f1")]
    if result["operating_point"]:
        found += [result["operating_point"][name] for name in ("sensitivity", "specificity")]
    return [interval for interval in found if interval is not None]


@pytest.mark.parametrize("digits", [None, 1], ids=["continuous", "ties"])
def test_values_are_those_of_scikit_learn(digits):
    truth, chances = random_set(400, np.random.default_rng(0), digits=digits)
    if digits:  # scikit-learn wants rows that sum to exactly 1
        chances[:, 2] = 1 - chances[:, 0] - chances[:, 1]
        chances = np.clip(chances, 0, 1)
    predicted = chances.argmax(axis=1)
    result = measure(truth, chances)
    expected = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "auc": metrics.roc_auc_score(truth, chances, multi_class="ovr", average="macro"),
        "log_loss": metrics.log_loss(truth, chances),
        "brier_score": metrics.brier_score_loss(truth, chances, scale_by_half=False),
    }
    assert {name: result[name]["value"] for name in expected} == pytest.approx(expected)
    precision, sensitivity, f1, support = metrics.precision_recall_fscore_support(truth, predicted)
    matrices = metrics.multilabel_confusion_matrix(truth, predicted)
    for index, one in enumerate(result["per_class"].values()):
        assert one["support"] == support[index]
        assert one["sensitivity"]["value"] == pytest.approx(sensitivity[index])
        assert one["precision"]["value"] == pytest.approx(precision[index])
        assert one["f1"]["value"] == pytest.approx(f1[index])
        (true_negative, false_positive), _ = matrices[index]
        assert one["specificity"]["value"] == pytest.approx(true_negative / (true_negative + false_positive))
    assert result["confusion_matrix"] == metrics.confusion_matrix(truth, predicted).tolist()


def test_the_resampled_figures_are_those_of_scikit_learn_under_weights():
    rng = np.random.default_rng(1)
    truth, chances = random_set(200, rng, digits=1)
    weights = rng.integers(0, 4, (2, len(truth))).astype(float)
    ours, predicted = weighted_figures(truth, chances, weights), chances.argmax(axis=1)
    for row, weight in enumerate(weights):
        areas = [
            metrics.roc_auc_score(truth == index, chances[:, index], sample_weight=weight)
            for index in range(3)
        ]
        scores = metrics.precision_recall_fscore_support(truth, predicted, sample_weight=weight)
        assert ours.auc[row] == pytest.approx(areas)
        assert ours.sensitivity[row] == pytest.approx(scores[1])
        assert ours.f1[row] == pytest.approx(scores[2])


def test_it_is_what_the_manifest_holds():
    result = measure(*random_set(120, np.random.default_rng(2)))
    assert Metrics.model_validate_json(json.dumps(result)).images == len(random_set(120, np.random)[0])
    for interval in intervals_in(result):
        assert 0 <= interval["low"] <= interval["value"] <= interval["high"]


def test_one_seed_gives_one_result_and_another_seed_the_same_values():
    data = random_set(100, np.random.default_rng(3))
    assert measure(*data) == measure(*data)
    other = measure(*data, seed=1)
    assert other["auc"]["value"] == measure(*data)["auc"]["value"]
    assert other["log_loss"]["low"] != measure(*data)["log_loss"]["low"]


# Newcombe 1998, Statistics in Medicine 17:857, Table I, method 3.
@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(hits, count, low, high):
    assert wilson(hits / count, count) == pytest.approx((hits / count, low, high), abs=6e-5)
    mirrored = wilson(1 - hits / count, count)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - high, 1 - low), abs=6e-5)


def test_effective_size_counts_groups():
    assert effective_size(["a", "a", "b", "b", "c", "c"]) == 3
    assert effective_size(np.arange(7)) == 7
    assert effective_size([1] * 100 + [2]) < 1.1


def test_interval_of_an_area_solves_its_equation():
    positives, negatives, auc = 30, 70, 0.9
    _, low, high = wilson_of_auc(auc, positives, negatives)
    for theta in (low, high):
        others = (positives + negatives) / 2 - 1
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        variance = theta * (1 - theta) * (1 + others * spread) / (positives * negatives)
        assert (auc - theta) ** 2 == pytest.approx(Z**2 * variance, rel=1e-6)
    assert low < auc < high
    assert wilson_of_auc(1.0, 30, 30).low == pytest.approx(0.933, abs=1e-3)
    assert wilson_of_auc(1.0, 30, 30).high == 1
    assert wilson_of_auc(0.0, 30, 30).low == 0


def test_intervals_of_f1_and_of_bounded_means():
    # Of 40 images that are of the class or were given it, 26.7 are both: 2/3, from 0.512 to 0.792.
    jaccard = wilson(2 / 3, 40)
    assert jaccard == pytest.approx((2 / 3, 0.512, 0.792), abs=1e-3)
    ends = [2 * end / (1 + end) for end in jaccard]
    assert wilson_of_f1(0.8, 40) == pytest.approx(ends)
    assert wilson_of_f1(1.0, 40).low < 0.96
    assert wilson_of_mean(0.0, 2.0, 50) == pytest.approx((0, 0, 2 * Z**2 / (50 + Z**2)))


def test_groups_are_resampled_whole_and_within_class():
    rng = np.random.default_rng(4)
    truth = np.array([0] * 6 + [1] * 4)
    groups = np.array(["a", "a", "b", "c", "c", "d", "e", "e", "f", "g"])
    weights = np.concatenate(list(resampled_weights(truth, groups, rng)))
    assert weights.shape == (RESAMPLES, 10)
    for name in "ace":
        assert (np.ptp(weights[:, groups == name], axis=1) == 0).all()
    firsts = np.unique(groups, return_index=True)[1]
    assert (weights[:, firsts][:, truth[firsts] == 0].sum(axis=1) == 4).all()
    assert (weights[:, firsts][:, truth[firsts] == 1].sum(axis=1) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(10), abs=0.12)


def test_many_images_are_resampled_in_parts():
    parts = resampled_weights(np.zeros(9000, int), np.arange(9000), np.random.default_rng(4))
    rows = [len(weights) for weights in parts]
    assert len(rows) > 1
    assert sum(rows) == RESAMPLES


def test_copies_do_not_narrow_an_interval():
    truth, chances = random_set(100, np.random.default_rng(5))
    once = measure(truth, chances)
    copied = np.repeat(truth, 4), np.repeat(chances, 4, axis=0)
    grouped = measure(*copied, np.repeat(np.arange(len(truth)), 4))
    as_images = measure(*copied)
    assert (grouped["pictures"], grouped["groups"]) == (len(truth) * 4, len(truth))
    for name in MEANS:
        assert grouped[name]["value"] == pytest.approx(once[name]["value"])
        assert width(grouped[name]) == pytest.approx(width(once[name]), rel=0.15)
        assert width(grouped[name]) > 1.6 * width(as_images[name])
    malignant = [result["per_class"]["malignant"]["sensitivity"] for result in (once, grouped)]
    assert malignant[0] == pytest.approx(malignant[1])
    errors = [result["expected_calibration_error"]["perfect_mean"] for result in (grouped, as_images)]
    assert errors[0] > 1.6 * errors[1]


@pytest.mark.parametrize("right", [True, False], ids=["perfect", "all_wrong"])
def test_no_interval_has_zero_width(right):
    truth = np.repeat([0, 1, 2], 20)
    chances = np.eye(3)[truth if right else (truth + 1) % 3]
    result = measure(truth, chances)
    assert result["balanced_accuracy"]["value"] == result["accuracy"]["value"] == float(right)
    assert all(width(interval) > 0.03 for interval in intervals_in(result))
    if right:
        # The three classes are three samples: 1 - (1 - 0.839) / √3.
        assert result["balanced_accuracy"]["low"] == pytest.approx(0.907, abs=1e-3)
        assert result["accuracy"]["low"] == pytest.approx(60 / (60 + Z**2))


def test_one_group_in_each_class_gives_wide_intervals():
    truth, chances = random_set(60, np.random.default_rng(6))
    result = measure(truth, chances, truth)
    assert all(width(result[name]) > 0.3 for name in MEANS)


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(7)
    truth, chances = random_set(100_000, rng)
    figures = weighted_figures(truth, chances, np.ones((1, len(truth))))
    population = {
        "accuracy": (chances.argmax(axis=1) == truth).mean(),
        "balanced_accuracy": figures.sensitivity.mean(),
        "macro_f1": figures.f1.mean(),
        "auc": figures.auc.mean(),
        "log_loss": figures.log_loss[0],
        "brier_score": figures.brier_score[0],
    }
    trials = 100
    held = dict.fromkeys(MEANS, 0)
    for _ in range(trials):
        result = measure(*random_set(80, rng))
        for name in MEANS:
            held[name] += result[name]["low"] <= population[name] <= result[name]["high"]
    # 95 of 100, less two and a half standard deviations of such a count.
    assert min(held.values()) >= 0.895 * trials, held


def test_a_class_without_images():
    truth, chances = random_set(200, np.random.default_rng(8))
    some = truth < 2
    truth, chances = truth[some], chances[some]
    result = measure(truth, chances)
    normal = result["per_class"]["normal"]
    assert normal["support"] == 0
    assert normal["sensitivity"] is normal["f1"] is None
    assert normal["specificity"]["value"] == pytest.approx((chances.argmax(axis=1) != 2).mean())
    assert normal["precision"]["value"] == 0
    areas = [metrics.roc_auc_score(truth == index, chances[:, index]) for index in (0, 1)]
    assert result["auc"]["value"] == pytest.approx(np.mean(areas))
    Metrics.model_validate(result)


def test_one_class_only():
    result = measure([1, 1, 1], [[0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert result["auc"] is None
    assert result["per_class"]["malignant"]["specificity"] is None
    assert result["per_class"]["malignant"]["sensitivity"]["value"] == pytest.approx(2 / 3)
    assert result["operating_point"]["specificity"] is None
    Metrics.model_validate(result)


def test_a_class_that_is_never_predicted():
    result = measure([0, 0, 1], [[0.8, 0.1, 0.1]] * 3)
    assert result["per_class"]["malignant"]["precision"] is None
    assert result["per_class"]["malignant"]["f1"]["value"] == 0
    Metrics.model_validate(result)


def test_one_image_and_none():
    Metrics.model_validate(measure([0], [[0.7, 0.2, 0.1]]))
    with pytest.raises(UserError, match="no image"):
        measure([], np.empty((0, 3)))


def test_operating_point_falls_as_it_falls():
    truth, chances = random_set(200, np.random.default_rng(9))
    point = measure(truth, chances, threshold=0.2)["operating_point"]
    called, malignant = chances[:, 1] >= 0.2, truth == 1
    assert point["threshold"] == 0.2
    assert point["sensitivity"]["value"] == pytest.approx(called[malignant].mean())
    assert point["specificity"]["value"] == pytest.approx((~called[~malignant]).mean())
    assert point["sensitivity"] == wilson(called[malignant].mean(), malignant.sum())._asdict()
    assert measure(truth, chances, positive=None)["operating_point"] is None
    assert measure(truth, chances, threshold=None)["operating_point"] is None


def test_a_thousand_images_take_less_than_two_seconds():
    data = random_set(1000, np.random.default_rng(10))
    start = time.process_time()
    measure(*data)
    assert time.process_time() - start < 2


def test_temperature_is_recovered():
    rng = np.random.default_rng(11)
    logits = rng.normal(scale=4, size=(20_000, 3))
    truth = (softmax(logits / 2.5).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)
    temperature = fit_temperature(truth, logits)
    assert temperature == pytest.approx(2.5, rel=0.04)
    assert fit_temperature(truth, np.log(softmax(logits))) == pytest.approx(temperature, rel=1e-4)


def test_temperature_stays_in_bounds():
    certain = np.eye(3)[[0, 1, 2]] * 10
    assert fit_temperature([0, 1, 2], certain) == pytest.approx(0.05, rel=0.01)
    with np.errstate(divide="ignore"):
        wrong = np.log(np.eye(3)[[1, 2, 0]])
    assert fit_temperature([0, 1, 2], wrong) == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize("count", [3, 20, 100, 257])
@pytest.mark.parametrize("digits", [None, 1], ids=["continuous", "ties"])
def test_operating_threshold_is_the_largest_that_keeps_its_promise(count, digits):
    truth, chances = random_set(count * 4, np.random.default_rng(count), digits=digits)
    threshold = operating_threshold(truth, chances, 1)
    scores = chances[truth == 1, 1]
    assert (scores >= threshold).mean() >= 0.95
    larger = chances[:, 1][chances[:, 1] > threshold]
    assert all((scores >= other).mean() < 0.95 for other in larger)


@pytest.mark.parametrize(("sensitivity", "count", "missed"), [(0.95, 20, 1), (0.55, 100, 45), (1, 9, 0)])
def test_operating_threshold_at_an_exact_share(sensitivity, count, missed):
    chances = np.linspace(0.05, 1, count)[:, np.newaxis]
    assert operating_threshold(np.zeros(count), chances, 0, sensitivity) == chances[missed, 0]


def test_operating_threshold_needs_the_positive_class():
    with pytest.raises(UserError, match="positive class"):
        operating_threshold([0, 0], [[0.5, 0.5]] * 2, 1)


def test_conformal_sets_cover_what_they_promise():
    rng = np.random.default_rng(12)
    held = []
    for _ in range(400):
        logits = rng.normal(scale=2, size=(90 + 100, 3))
        truth = (softmax(logits).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)
        chances = softmax(1.7 * logits)  # too sure: the promise does not need calibration
        threshold = conformal_threshold(truth[:90], chances[:90])
        held.append(prediction_set(chances[90:], threshold)[np.arange(100), truth[90:]].mean())
    # Exactly ceil(91 · 0.9) / 91 = 0.901 on average; one trial has a spread of 0.044.
    assert np.mean(held) == pytest.approx(0.901, abs=0.007)


def test_conformal_threshold_by_hand():
    of_truth = np.arange(1, 11) / 11
    chances = np.column_stack([of_truth, 1 - of_truth])
    # ceil(11 · 0.8) = 9th smallest score: all but the worst of the ten.
    threshold = conformal_threshold(np.zeros(10), chances, 0.8)
    assert threshold == pytest.approx(1 - of_truth[1])
    assert prediction_set(chances, threshold)[:, 0].tolist() == [False] + [True] * 9
    assert conformal_threshold([0] * 8, chances[:8]) == 1
    assert prediction_set([[1.0, 0.0]], 1.0).all()


def test_distance_threshold():
    assert distance_threshold(np.arange(101)) == 99


def test_reliability_by_hand():
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
    table = reliability([0, 1, 0, 1], chances, ["a", "b", "b", "c"], bins=5)
    assert table["images"].tolist() == [0, 0, 1, 2, 1]
    assert table["confidence"].tolist()[2:] == pytest.approx([0.5, 0.75, 0.9])
    assert table["accuracy"].tolist()[2:] == pytest.approx([1, 0.5, 1])
    assert table["accuracy"].isna().tolist() == [True, True, False, False, False]
    # Two images of two groups, of which one is right.
    assert table.loc[3, ["accuracy_low", "accuracy_high"]].tolist() == list(wilson(0.5, 2)[1:])
    expected = (1 * 0.5 + 2 * 0.25 + 1 * 0.1) / 4
    assert calibration_error([0, 1, 0, 1], chances, bins=5) == pytest.approx(expected)


def test_calibration_error_of_a_calibrated_model_is_as_simulated():
    rng = np.random.default_rng(13)
    chances = softmax(rng.normal(scale=2, size=(150, 3)))
    errors = []
    for _ in range(300):
        truth = (chances.cumsum(axis=1) < rng.random((len(chances), 1))).sum(axis=1)
        errors.append(calibration_error(truth, chances))
    simulated = perfect_calibration_errors(chances, np.arange(150), rng)
    assert simulated.mean() == pytest.approx(np.mean(errors), rel=0.05)
    assert np.percentile(simulated, 90) == pytest.approx(np.percentile(errors, 90), rel=0.08)


def test_scikit_learn_is_not_imported():
    code = (
        "import sys, core.evaluation.metrics, core.evaluation.calibration; sys.exit('sklearn' in sys.modules)"
    )
    root = ROOT
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
