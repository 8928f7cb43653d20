import numpy as np
import pytest

Predictions = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="package")
def predictions() -> Predictions:
    """True classes, probabilities with ties, and groups of one to three images."""
    rng = np.random.default_rng(3)
    truth = rng.choice(3, 200, p=[0.5, 0.3, 0.2])
    odds = np.exp(rng.normal(size=(200, 3)) + 1.2 * np.eye(3)[truth])
    probabilities = np.round(odds / odds.sum(axis=1, keepdims=True), 2)
    return truth, probabilities, rng.integers(0, 120, 200)
