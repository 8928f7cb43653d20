"""Cohen's kappa against published values, at its borders, and how often its interval holds."""

import numpy as np
import pytest

from core.evaluation.agreement import cohens_kappa
from core.evaluation.intervals import proportion

pytestmark = pytest.mark.filterwarnings("error")


def agreement_of(counts, strata=None, groups=None):
    """The agreement of two readers whose classes give this table, rows those of the first."""
    table = np.array(counts)
    one, other = np.repeat(np.indices(table.shape).reshape(2, -1), table.ravel(), axis=1)
    images = len(one)
    return cohens_kappa(
        one,
        other,
        np.zeros(images, int) if strata is None else strata,
        np.arange(images) if groups is None else groups,
        classes=len(table),
        seed=0,
    )


def test_kappa_against_published_values() -> None:
    # Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, table 18.1: kappa 0.68 and
    # standard error 0.087 (Fleiss, Cohen and Everitt 1969, Psychological Bulletin 72:323).
    found = agreement_of([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert found.share.value == pytest.approx(0.89)
    assert found.kappa.value == pytest.approx(0.68, abs=0.005)
    assert found.kappa.low == pytest.approx(0.68 - 1.96 * 0.087, abs=0.06)
    assert found.kappa.high == pytest.approx(0.68 + 1.96 * 0.087, abs=0.03)
    two = agreement_of([[20, 5], [10, 15]])
    assert (two.images, two.same) == (50, 35)
    assert two.kappa.value == pytest.approx(0.4)  # 0.7 observed, 0.5 expected
    assert agreement_of([[25, 25], [25, 25]]).kappa.value == pytest.approx(0)


def test_the_interval_of_a_perfect_agreement_is_that_of_the_share() -> None:
    found = agreement_of([[10, 0], [0, 10]])
    assert (found.kappa.value, found.kappa.high) == (1, 1)
    assert found.kappa.low == pytest.approx(2 * proportion(1, 20).low - 1)
    assert found.kappa.low < 0.8


def test_opposite_readers_have_a_kappa_of_minus_one_and_none_below() -> None:
    found = agreement_of([[0, 10], [10, 0]])
    assert (found.kappa.value, found.kappa.low) == (-1, -1)
    assert found.kappa.high > -1


def test_readers_of_one_class_have_no_kappa_and_no_images_no_agreement() -> None:
    found = agreement_of([[5, 0], [0, 0]])
    assert found.kappa is None
    assert found.share.value == 1
    assert agreement_of([[1, 0], [0, 1]]).kappa is None  # of two images
    assert cohens_kappa([], [], [], [], classes=2, seed=0) is None
    # One of them gives one class only: that is no agreement beyond the expected one.
    assert agreement_of([[5, 5], [0, 0]]).kappa.value == pytest.approx(0)


def test_images_of_one_group_count_once() -> None:
    counts = np.array([[6, 2], [3, 9]])
    alone, doubled = agreement_of(counts), agreement_of(2 * counts, groups=np.repeat(np.arange(20), 2))
    assert doubled.kappa.value == pytest.approx(alone.kappa.value)
    assert doubled.kappa.low == pytest.approx(alone.kappa.low, abs=0.05)
    assert agreement_of(2 * counts).kappa.low > doubled.kappa.low + 0.05


@pytest.mark.slow
def test_the_interval_holds_the_true_kappa() -> None:
    rng, classes, images, samples = np.random.default_rng(0), 3, 20, 400
    right = (0.9, 0.8)
    given = [np.full((classes, classes), (1 - each) / 2) for each in right]
    for table, each in zip(given, right, strict=True):
        np.fill_diagonal(table, each)
    joint = sum(np.outer(one, other) for one, other in zip(*given, strict=True)) / classes
    expected = joint.sum(axis=0) @ joint.sum(axis=1)
    kappa = (np.trace(joint) - expected) / (1 - expected)
    truth, held = np.arange(images) % classes, 0
    for sample in range(samples):
        readers = [[rng.choice(classes, p=table[one]) for one in truth] for table in given]
        found = cohens_kappa(*readers, truth, np.arange(images), classes=classes, seed=sample).kappa
        held += found.low <= kappa <= found.high
    assert held / samples >= 0.93
