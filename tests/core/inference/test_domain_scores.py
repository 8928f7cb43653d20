"""Distances of embeddings to the training images, against scikit-learn where it computes the same."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from core.evaluation.neighbours import unit_rows
from core.inference.domain_scores import DOMAIN_SCORES, Mahalanobis, Nearest


def embeddings(count: int, width: int, seed: int = 0) -> np.ndarray:
    """Positive, correlated embeddings, as a network with ReLU has them."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, width)) @ np.random.default_rng(7).normal(size=(width, width))
    return np.abs(mixed).astype(np.float32)


def test_cosine_distance_to_the_nearest_row() -> None:
    training = np.array([[1.0, 0.0], [0.0, 2.0]])
    distance = Nearest(training)(np.array([[3.0, 0.0], [1.0, 1.0], [-1.0, -1.0]]))
    np.testing.assert_allclose(distance, [0, 1 - 2**-0.5, 1 + 2**-0.5], atol=1e-6)


@pytest.mark.parametrize("shape", [(200, 30), (40, 80)], ids=["more rows", "more columns"])
def test_the_mahalanobis_distance_is_that_of_a_ledoit_wolf_covariance(shape: tuple[int, int]) -> None:
    training, new = embeddings(*shape), embeddings(20, shape[1], seed=1)
    reference = LedoitWolf().fit(unit_rows(training).astype(np.float64))
    expected = np.sqrt(reference.mahalanobis(unit_rows(new).astype(np.float64)))
    np.testing.assert_allclose(Mahalanobis(training)(new), expected, rtol=2e-3)


@pytest.mark.parametrize("name", sorted(DOMAIN_SCORES))
def test_what_leaves_the_training_images_directions_is_farther(name: str) -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(4, 50))
    training, same = (np.exp(rng.normal(size=(count, 4))) @ plane for count in (500, 60))
    apart = same + 0.3 * np.linalg.norm(same, axis=1, keepdims=True) * rng.normal(size=(60, 50)) / 7
    score = DOMAIN_SCORES[name](training)
    assert np.quantile(score(same), 0.95) < np.quantile(score(apart), 0.05)


@pytest.mark.parametrize("name", ["nearest", "mahalanobis"])
def test_a_score_does_not_depend_on_the_scale_of_embeddings(name: str) -> None:
    training, new = embeddings(60, 10), embeddings(5, 10, seed=1)
    np.testing.assert_allclose(
        DOMAIN_SCORES[name](training * np.float32(1e-30))(new * np.float32(1e20)),
        DOMAIN_SCORES[name](training)(new),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "training", [np.eye(1, 4), np.ones((3, 4)), np.eye(2, 4)], ids=["one", "equal", "two"]
)
@pytest.mark.parametrize("name", sorted(DOMAIN_SCORES))
def test_a_few_training_images_give_finite_distances(name: str, training: np.ndarray) -> None:
    score = DOMAIN_SCORES[name](training)
    assert np.isfinite(score(np.eye(4))).all()
    assert score(training).max() < score(-np.ones((1, 4)))[0]


def test_embeddings_wider_than_any_backbones_are_refused() -> None:
    with pytest.raises(ValueError, match="4097"):
        Mahalanobis(np.ones((2, 4097), np.float32))
