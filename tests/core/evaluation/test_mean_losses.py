"""Losses of images by hand, and intervals of their means. test_coverage.py simulates how often they hold."""

import numpy as np
import pytest
from sklearn import metrics

from core.evaluation.mean_losses import (
    LEAST_PROBABILITY,
    brier_losses,
    intervals_of_means,
    log_losses,
    unseen_loss,
)

pytestmark = pytest.mark.filterwarnings("error")


def interval(values, strata, groups, *, unseen=(None, 1.0), seed=0):
    (found,) = intervals_of_means(
        np.asarray(values, float)[:, np.newaxis],
        strata,
        groups,
        unseen=unseen,
        limits=(0.0, 2.0),
        rng=np.random.default_rng(seed),
    )
    return found


def test_losses_of_the_true_class_and_of_the_others():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    truth = np.array([0, 2])
    logs = log_losses(truth, probabilities)
    assert logs.of_truth == pytest.approx(-np.log([0.7, LEAST_PROBABILITY]))
    assert logs.of_others == pytest.approx(
        [-(np.log(0.2) + np.log(0.1)) / 2, -np.log(LEAST_PROBABILITY) / 2], abs=1e-12
    )
    assert logs.of_truth.mean() == pytest.approx(metrics.log_loss(truth, probabilities, labels=[0, 1, 2]))
    brier = brier_losses(truth, probabilities)
    # The score of each class, as if it were the true one.
    scores = ((probabilities[:, np.newaxis] - np.eye(3)) ** 2).sum(axis=2)
    assert brier.of_truth == pytest.approx([scores[0, 0], scores[1, 2]])
    assert brier.of_others == pytest.approx([scores[0, 1:].mean(), scores[1, :2].mean()])


def test_an_unseen_loss_is_what_the_probabilities_say_until_errors_show_it():
    groups = ["a", "a", "b", "c"]
    values, others = np.array([[1.0], [3.0], [0.5], [0.1]]), np.full((4, 1), 9.0)
    none = np.zeros((4, 1), bool)
    assert unseen_loss(values, others, none, groups) == [9]
    # One misclassified group, of two images; the largest mean of a group is 2.
    wrong = np.array([[True], [True], [False], [False]])
    assert unseen_loss(values, others, wrong, groups) == [(9 + 2) / 2]


def test_an_interval_has_a_width_where_no_group_differs():
    perfect = interval(np.zeros(60), np.zeros(60), np.arange(60))
    assert perfect.value == perfect.low == 0
    # Between the bounds for none of 60 with half a group and with one: Beta(1/2, 60) and Beta(1, 60).
    assert 0.041 < perfect.high < 0.062
    worst = interval(np.ones(60), np.zeros(60), np.arange(60))
    assert worst.low < 0.96
    assert worst.value == 1 == pytest.approx(worst.high)


def test_copies_do_not_narrow_an_interval_and_groups_do_not_shift_it():
    values, strata = np.random.default_rng(1).exponential(size=40), np.arange(40) % 2
    once = interval(values, strata, np.arange(40))
    copied = interval(np.repeat(values, 3), np.repeat(strata, 3), np.repeat(np.arange(40), 3))
    assert dict(copied) == pytest.approx(dict(once))
    as_images = interval(np.repeat(values, 3), np.repeat(strata, 3), np.arange(120))
    assert as_images.high - as_images.low < 0.7 * (once.high - once.low)


def test_every_class_keeps_its_weight():
    strata = np.repeat([0, 1], 30)
    # All of the spread is between the classes, whose sizes are fixed.
    found = interval(strata, strata, np.arange(60), unseen=(0.5, 0.5))
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_without_three_groups_of_a_class_nothing_is_known():
    found = interval([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], ["a", "b", "c", "d"])
    assert (found.low, found.value, found.high) == (0, 0.25, 2)
    joined = interval([0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1], ["a", "b", "c", "d"])
    assert 0.1 < joined.low < 0.25 < joined.high < 1
