"""Temperature, thresholds and prediction sets by what they promise, calibration error by hand."""

import numpy as np
import pytest
from random_predictions import random_set, softmax

from core.errors import UserError
from core.evaluation.calibration import (
    calibration_error,
    distance_threshold,
    fit_temperature,
    operating_threshold,
    perfect_calibration_errors,
    reliability,
)
from core.evaluation.intervals import proportion

pytestmark = pytest.mark.filterwarnings("error")


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
    truth, probabilities = random_set(count * 4, np.random.default_rng(count), digits=digits)
    threshold = operating_threshold(truth, probabilities, 1)
    scores = probabilities[truth == 1, 1]
    assert (scores >= threshold).mean() >= 0.95
    larger = probabilities[:, 1][probabilities[:, 1] > threshold]
    assert all((scores >= other).mean() < 0.95 for other in larger)


@pytest.mark.parametrize(("sensitivity", "count", "missed"), [(0.95, 20, 1), (0.55, 100, 45), (1, 9, 0)])
def test_operating_threshold_at_an_exact_share(sensitivity, count, missed):
    probabilities = np.linspace(0.05, 1, count)[:, np.newaxis]
    assert operating_threshold(np.zeros(count), probabilities, 0, sensitivity) == probabilities[missed, 0]


def test_operating_threshold_needs_the_positive_class():
    with pytest.raises(UserError, match="positive class"):
        operating_threshold([0, 0], [[0.5, 0.5]] * 2, 1)


def test_distance_threshold():
    assert distance_threshold(np.arange(101)) == 99
    assert distance_threshold(np.arange(101), 0.95) == 95


def test_reliability_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
    table = reliability([0, 1, 0, 1], probabilities, ["a", "b", "b", "c"], bins=5)
    assert table["images"].tolist() == [0, 0, 1, 2, 1]
    assert table["confidence"].tolist()[2:] == pytest.approx([0.5, 0.75, 0.9])
    assert table["accuracy"].tolist()[2:] == pytest.approx([1, 0.5, 1])
    assert table["accuracy"].isna().tolist() == [True, True, False, False, False]
    # Two images of two groups, of which one is right.
    assert table.loc[3, ["accuracy_low", "accuracy_high"]].tolist() == [
        proportion(0.5, 2).low,
        proportion(0.5, 2).high,
    ]
    expected = (1 * 0.5 + 2 * 0.25 + 1 * 0.1) / 4
    assert calibration_error([0, 1, 0, 1], probabilities, bins=5) == pytest.approx(expected)


def test_calibration_error_of_a_calibrated_model_is_as_simulated():
    rng = np.random.default_rng(13)
    probabilities = softmax(rng.normal(scale=2, size=(150, 3)))
    errors = []
    for _ in range(300):
        truth = (probabilities.cumsum(axis=1) < rng.random((len(probabilities), 1))).sum(axis=1)
        errors.append(calibration_error(truth, probabilities))
    simulated = perfect_calibration_errors(probabilities, np.arange(150), rng)
    assert simulated.mean() == pytest.approx(np.mean(errors), rel=0.05)
    assert np.percentile(simulated, 90) == pytest.approx(np.percentile(errors, 90), rel=0.08)
