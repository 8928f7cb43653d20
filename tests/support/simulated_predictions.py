"""Simulated predictions of a network whose true metrics are known, with the group sizes of BUSI."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_softmax

# Groups of each size, by class: of one test set (59 groups) and of all folds (581 groups).
TEST_SET = ({1: 21, 2: 9, 3: 1}, {1: 16, 2: 1, 3: 1}, {1: 7, 2: 2, 3: 1})
ALL_FOLDS = (
    {1: 213, 2: 85, 3: 11, 4: 1, 7: 1},
    {1: 161, 2: 15, 3: 2, 6: 1},
    {1: 64, 2: 18, 3: 5, 4: 4},
)
CLASSES = 3
Network = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def groups_of(sizes) -> tuple[np.ndarray, np.ndarray]:
    """Return the class and the number of images of each group, int [G] each."""
    rows = [(index, size) for index, each in enumerate(sizes) for size, n in each.items() for _ in range(n)]
    truth, images = np.array(rows).T
    return truth, images


def gaussian(accuracy: float, *, sharpness: float = 1.0) -> Network:
    """Return a network that sees classes as normal distributions around corners of a simplex.

    Args:
        accuracy: share of images that it classifies correctly.
        sharpness: 1 for calibrated probabilities; 2 for an overconfident network, 1/2 for a shy one.
    """
    low, high = 0.05, 12.0
    noise = np.random.default_rng(5).standard_normal((200_000, CLASSES))
    for _ in range(40):
        distance = (low + high) / 2
        found = (noise[:, 0] + distance > noise[:, 1:].max(axis=1)).mean()
        low, high = (distance, high) if found < accuracy else (low, distance)

    def predict(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
        seen = rng.standard_normal((*truth.shape, CLASSES)) + distance * np.eye(CLASSES)[truth]
        return np.exp(log_softmax(sharpness * distance * seen, axis=-1))

    return predict


def unaware(accuracy: float) -> Network:
    """Return a network whose errors are as confident as its hits, between 0.5 and 1."""

    def predict(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
        hit = rng.random(truth.shape) < accuracy
        top = np.where(hit, truth, (truth + rng.integers(1, CLASSES, size=truth.shape)) % CLASSES)
        confidence = 0.5 + 0.5 * rng.beta(4, 1, truth.shape)
        share = rng.random(truth.shape)
        found = np.empty((*truth.shape, CLASSES))
        for step, value in enumerate((confidence, (1 - confidence) * share, (1 - confidence) * (1 - share))):
            np.put_along_axis(found, ((top + step) % CLASSES)[..., np.newaxis], value[..., np.newaxis], -1)
        return found

    return predict


def constant(accuracy: float) -> Network:
    """Return a network that gives each predicted class the same probability, its accuracy."""

    def predict(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
        hit = rng.random(truth.shape) < accuracy
        top = np.where(hit, truth, (truth + rng.integers(1, CLASSES, size=truth.shape)) % CLASSES)
        return np.where(np.arange(CLASSES) == top[..., np.newaxis], accuracy, (1 - accuracy) / (CLASSES - 1))

    return predict


NETWORKS: dict[str, Callable[[float], Network]] = {
    "calibrated": gaussian,
    "overconfident": lambda accuracy: gaussian(accuracy, sharpness=2),
    "shy": lambda accuracy: gaussian(accuracy, sharpness=0.5),
    "unaware": unaware,
    "constant": constant,
}
