"""The class of an image's nearest neighbour in another group, against a search by brute force."""

import numpy as np
import pytest

from core.evaluation.intervals import proportion_of_hits
from core.evaluation.neighbours import cosine_distances, measure, unit_rows


def test_the_distance_is_one_minus_the_cosine() -> None:
    rows, others = unit_rows(np.array([[3.0, 0.0], [0.0, 0.0]])), unit_rows(np.array([[1.0, 1.0], [-2.0, 0]]))
    np.testing.assert_allclose(cosine_distances(rows, others), [[1 - 2**-0.5, 2], [1, 1]], atol=1e-6)


def test_the_shares_are_those_of_a_search_by_brute_force() -> None:
    random = np.random.default_rng(3)
    classes, groups = random.choice(["a", "b", "c"], 60, p=[0.6, 0.3, 0.1]), random.integers(0, 25, 60)
    centres = {"a": [1, 0, 0, 0], "b": [0, 1, 0, 0], "c": [0, 0, 1, 0]}
    embeddings = np.array([centres[name] for name in classes]) + random.normal(0, 0.6, (60, 4))
    tested = np.arange(60) >= 35
    hits, chances = [], []
    for image in np.flatnonzero(tested):
        candidates = [other for other in range(60) if groups[other] != groups[image]]
        cosines = [
            embeddings[image]
            @ embeddings[other]
            / np.linalg.norm(embeddings[image])
            / np.linalg.norm(embeddings[other])
            for other in candidates
        ]
        hits.append(classes[candidates[int(np.argmax(cosines))]] == classes[image])
        chances.append(np.mean([classes[other] == classes[image] for other in candidates]))
    found = measure(embeddings, classes, groups, tested)
    assert found is not None
    assert found.same_class == proportion_of_hits(np.array(hits), groups[tested])
    assert found.same_class.low < found.same_class.value < found.same_class.high
    assert found.by_chance == pytest.approx(np.mean(chances))
    assert (found.images, found.groups, found.known) == (25, len(set(groups[tested])), 60)


def test_a_neighbour_in_the_same_group_does_not_count() -> None:
    embeddings = np.array([[1, 0], [1, 0.01], [1, 1]])
    tested = np.array([True, False, False])
    for groups, same in ([0, 0, 1], 0), ([0, 1, 2], 1):
        found = measure(embeddings, ["a", "a", "b"], groups, tested)
        assert found is not None
        assert found.same_class.value == same


def test_without_another_group_or_a_test_image_there_is_no_share() -> None:
    embeddings = np.eye(3)
    assert measure(embeddings, ["a", "a", "b"], [4, 4, 4], np.array([True, True, False])) is None
    assert measure(embeddings, ["a", "a", "b"], [1, 2, 3], np.zeros(3, bool)) is None
