"""Conformal prediction sets: thresholds by hand, and how often the sets hold the true class."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from core.evaluation.calibration import fit_temperature
from core.evaluation.conformal import (
    class_thresholds,
    conformal_threshold,
    held_out_scores,
    prediction_set,
    set_coverage,
)
from core.evaluation.intervals import proportion
from tests.support.simulated_predictions import CLASSES, groups_of

pytestmark = pytest.mark.filterwarnings("error")

# Groups of each size, by class, of a validation set of BUSI: 152 images in 117 groups.
VALIDATION = ({1: 46, 2: 12, 3: 1, 4: 3}, {1: 34, 2: 2, 3: 1}, {1: 11, 2: 6, 3: 1})


def best(accuracies, losses) -> int:
    return int(np.lexsort((losses, -accuracies))[0])


def scores_of(probabilities, truth):
    return 1 - probabilities[np.arange(len(truth)), truth]


def test_conformal_sets_cover_what_they_promise():
    rng = np.random.default_rng(12)
    held = []
    for _ in range(400):
        logits = rng.normal(scale=2, size=(90 + 100, 3))
        truth = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)
        probabilities = softmax(1.7 * logits, axis=1)  # too sure: the promise does not need calibration
        threshold = conformal_threshold(scores_of(probabilities[:90], truth[:90]), np.arange(90))
        held.append(prediction_set(probabilities[90:], threshold)[np.arange(100), truth[90:]].mean())
    # Exactly ceil(91 · 0.9) / 91 = 0.901 on average; one trial has a spread of 0.044.
    assert np.mean(held) == pytest.approx(0.901, abs=0.007)


def test_conformal_threshold_by_hand():
    scores = np.arange(10, 0, -1) / 11
    # ceil(11 · 0.8) = 9th smallest score: all but the worst of the ten.
    threshold = conformal_threshold(scores, np.arange(10), 0.8)
    assert threshold == scores[1]
    probabilities = np.column_stack([1 - scores, scores])
    assert prediction_set(probabilities, threshold)[:, 0].tolist() == [False] + [True] * 9
    assert conformal_threshold(scores[:8], np.arange(8)) == 1
    assert prediction_set([[1.0, 0.0]], 1.0).all()
    assert prediction_set([[0.6, 0.3, 0.1]], [0.5, 0.6, 0.9]).tolist() == [[True, False, True]]


def test_a_group_counts_once_however_many_images_it_has():
    scores = np.arange(1, 21) / 21
    threshold = conformal_threshold(scores, np.arange(20))
    copied = conformal_threshold(np.append(scores, [scores[0]] * 30), [*range(20), *[0] * 30])
    assert threshold == copied == scores[18]


def test_a_class_has_its_own_threshold_from_40_groups_on():
    scores = np.concatenate([np.arange(1, 61) / 100, np.arange(1, 41) / 50, np.arange(1, 41) / 200])
    truth = np.repeat([0, 1, 2], [60, 40, 40])
    groups = np.arange(140)
    expected = [conformal_threshold(scores[truth == index], groups[truth == index]) for index in range(3)]
    assert class_thresholds(truth, scores, groups, 3) == expected
    # 39 and 30 groups share one; 39 alone keep theirs; 19 alone are joined by the smallest other class.
    pooled = np.flatnonzero((truth == 0) | ((truth == 1) & (groups < 99)) | ((truth == 2) & (groups < 130)))
    shared = pooled[truth[pooled] > 0]
    together = conformal_threshold(scores[shared], groups[shared])
    found = class_thresholds(truth[pooled], scores[pooled], groups[pooled], 3)
    assert found == [expected[0], together, together]
    alone = np.flatnonzero((truth != 1) | (groups < 99))
    found = class_thresholds(truth[alone], scores[alone], groups[alone], 3)
    of_39 = conformal_threshold(scores[60:99], groups[60:99])
    assert found == [expected[0], of_39, expected[2]]
    few = np.flatnonzero((truth != 1) | (groups < 79))
    joined = few[truth[few] > 0]
    together = conformal_threshold(scores[joined], groups[joined])
    assert class_thresholds(truth[few], scores[few], groups[few], 3) == [expected[0], together, together]
    assert class_thresholds(truth[:60], scores[:60], groups[:60] // 2, 3) is None


def test_scores_come_from_choices_made_without_the_image():
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    groups = np.arange(60) // 2
    logs = log_softmax(rng.normal(size=(4, 60, 3)) + 2 * np.eye(3)[truth], axis=-1)
    scores = held_out_scores(truth, logs, groups, choose=best, seed=1)
    fold = (np.random.default_rng(1).permutation(30) % 20)[groups]
    for number in (0, 7):
        out = fold == number
        hits = logs.argmax(axis=2) == truth
        of_truth = logs[:, np.arange(60), truth]
        epoch = best(hits[:, ~out].mean(axis=1), -of_truth[:, ~out].mean(axis=1))
        temperature = fit_temperature(truth[~out], logs[epoch][~out])
        assert scores[out] == pytest.approx(scores_of(softmax(logs[epoch] / temperature, axis=1), truth)[out])
    assert held_out_scores(truth, logs, np.zeros(60), choose=best, seed=1).tolist() == [1] * 60


def test_coverage_of_sets_by_hand():
    probabilities = [[0.7, 0.3], [0.4, 0.6], [0.2, 0.8], [0.45, 0.55]]
    found = set_coverage([0, 0, 1, 0], probabilities, range(4), 0.58)
    assert found.mean_size == 5 / 4
    assert found.overall == proportion(0.75, 4)
    assert found.by_class == (proportion(2 / 3, 3), proportion(1, 1))
    assert set_coverage([0], [[1.0, 0.0]], [0], 0.5).by_class[1] is None


def simulate(rng, *, epochs: int, distance: float, spread: float, tested: int = 2_000):
    """Train a network for some epochs that differ by chance, keep the best, and test its sets.

    Returns the share of test images whose set holds their class, and the mean size, for scores of the kept
    epoch itself, scores held out, and thresholds by class with these; then the share by class of the last two
    ways.
    """
    classes, images = groups_of(VALIDATION)
    group = np.repeat(np.arange(len(classes)), images)
    truth = classes[group]
    drift = 0.5 * spread * rng.standard_normal((epochs, 1, CLASSES))

    def seen(of):
        return rng.standard_normal((len(of), CLASSES)) + distance * np.eye(CLASSES)[of]

    noise = spread * rng.standard_normal((epochs, len(classes), CLASSES))
    logs = log_softmax(1.5 * distance * (seen(classes) + noise + drift), axis=-1)[:, group]
    hits, of_truth = logs.argmax(axis=2) == truth, logs[:, np.arange(len(truth)), truth]
    kept = best(hits.mean(axis=1), -of_truth.mean(axis=1))
    temperature = fit_temperature(truth, logs[kept])
    new = rng.choice(CLASSES, size=tested, p=np.bincount(truth) / len(truth))
    test_logits = seen(new) + spread * rng.standard_normal((tested, CLASSES)) + drift[kept]
    probabilities = softmax(1.5 * distance * test_logits / temperature, axis=-1)
    scores = held_out_scores(truth, logs, group, choose=best, seed=0)
    by_itself = scores_of(softmax(logs[kept] / temperature, axis=-1), truth)
    thresholds = (
        conformal_threshold(by_itself, group),
        conformal_threshold(scores, group),
        class_thresholds(truth, scores, group, CLASSES),
    )
    found = [set_coverage(new, probabilities, np.arange(tested), each) for each in thresholds]
    by_class = [[share.value for share in each.by_class] for each in found[1:]]
    return [each.overall.value for each in found], [each.mean_size for each in found], by_class


@pytest.mark.slow
@pytest.mark.parametrize(("distance", "spread"), [(1.65, 0.3), (1.65, 1.0), (1.2, 1.0)])
@pytest.mark.parametrize("epochs", [1, 10, 80])
def test_sets_hold_the_true_class_although_validation_images_chose_the_epoch(epochs, distance, spread):
    rng = np.random.default_rng(3)
    results = [simulate(rng, epochs=epochs, distance=distance, spread=spread) for _ in range(200)]
    coverage, size, by_class = (np.mean(each, axis=0) for each in zip(*results, strict=True))
    # The mean of 200 draws has a standard error of 0.002.
    assert (coverage[1:] >= 0.895).all()
    assert (coverage[1:] <= 0.93).all()
    # Malignant and normal share a threshold: 55 groups together.
    assert by_class[1][0] >= 0.895
    assert size[1] <= 1.15 * size[0]
    assert size[2] <= 1.1 * size[1]
