"""How often confidence intervals hold the true value: 2,000 simulated samples of each kind."""

import numpy as np
import pytest

from core.evaluation.intervals import (
    effective_size,
    percentile,
    proportion_bounds,
    resampled_weights,
    wilson_bounds,
)
from core.evaluation.mean_losses import brier_losses, intervals_of_means, log_losses, unseen_loss
from tests.support.simulated_predictions import ALL_FOLDS, CLASSES, NETWORKS, TEST_SET, groups_of

pytestmark = pytest.mark.slow

SAMPLES = 2_000
LEAST, MOST = 0.93, 0.97
# Two standard errors of a coverage of 0.93 or 0.97 among 2,000.
NOISE = 0.009
WIDER = 1.25
ACCURACIES = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.996)
# A sample with fewer has few errors, and a metric of it takes few values; a proportion takes the fewest.
MANY_ERRORS, MANY_ERRORS_OF_A_PROPORTION = 7, 12


def holds(intervals, true):
    return np.mean([interval.low <= true <= interval.high for interval in intervals])


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("sizes", [TEST_SET, ALL_FOLDS], ids=["test set", "all folds"])
@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_intervals_of_losses_hold_the_true_loss(name, sizes, accuracy):
    network = NETWORKS[name](accuracy)
    classes, images = groups_of(sizes)
    # Images of a group agree.
    group = np.repeat(np.arange(len(classes)), images)
    weights = np.concatenate(list(resampled_weights(classes[group], group, np.random.default_rng(0))))
    population = np.zeros(500_000, int)
    of_population = network(np.random.default_rng(1), population)
    truth = np.repeat(classes[:, np.newaxis], SAMPLES, axis=1)
    sampled = network(np.random.default_rng(2), truth)
    wrong = sampled.argmax(axis=-1) != truth
    for loss in (log_losses, brier_losses):
        true = loss(population, of_population).of_truth.mean()
        losses = loss(truth.ravel(), sampled.reshape(-1, CLASSES))
        values, others = (each.reshape(truth.shape)[group] for each in losses)
        intervals = intervals_of_means(
            values,
            classes[group],
            group,
            unseen=(None, unseen_loss(values, others, wrong[group], group)),
            limits=(0, 36.1),
            rng=np.random.default_rng(0),
        )
        coverage = holds(intervals, true)
        assert coverage >= LEAST - NOISE / 2, (loss.__name__, coverage)
        if (1 - accuracy) * len(classes) >= MANY_ERRORS:
            assert coverage <= MOST + NOISE / 2, (loss.__name__, coverage)
        # The interval of earlier versions.
        resampled = (weights @ values) / weights.sum(axis=1, keepdims=True)
        before = [percentile(*each) for each in zip(values.mean(axis=0), resampled.T, strict=True)]
        if holds(before, true) >= LEAST:
            widths = [np.median([each.high - each.low for each in which]) for which in (intervals, before)]
            assert widths[0] <= WIDER * widths[1]


@pytest.mark.parametrize("sizes", [TEST_SET, ALL_FOLDS], ids=["test set", "all folds"])
@pytest.mark.parametrize("among", [None, 0, 1, 2], ids=["all", "benign", "malignant", "normal"])
def test_intervals_of_proportions_hold_the_true_share(sizes, among):
    classes, images = groups_of(sizes)
    chosen = images if among is None else images[classes == among]
    size = effective_size(np.repeat(np.arange(len(chosen)), chosen))
    drawn = np.random.default_rng(3).random((SAMPLES, len(chosen)))
    for true in (*np.linspace(0.6, 0.95, 15), *np.linspace(0.955, 0.996, 40)):
        shares = (drawn < true) @ chosen / chosen.sum()
        low, high = proportion_bounds(shares, size)
        coverage = ((low <= true) & (true <= high)).mean()
        assert coverage >= LEAST - NOISE / 2, (true, coverage)
        if (1 - true) * len(chosen) >= MANY_ERRORS_OF_A_PROPORTION:
            assert coverage <= MOST + NOISE / 2, (true, coverage)
    shares = np.linspace(0, 1, 101)
    widths = [np.subtract(*bounds(shares, size)[::-1]) for bounds in (proportion_bounds, wilson_bounds)]
    assert (widths[0] <= WIDER * widths[1]).all()
