"""Random labels and the probabilities of a classifier with some skill."""

from __future__ import annotations

import numpy as np

CLASSES = ("benign", "malignant", "normal")


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def random_set(count, rng, skill=1.5, digits=None):
    """Classes at 55, 30 and 15 %; rounding the probabilities to some digits makes ties."""
    truth = np.repeat([0, 1, 2], (np.array([0.55, 0.3, 0.15]) * count).astype(int))
    logits = rng.normal(size=(len(truth), 3))
    logits[np.arange(len(truth)), truth] += skill
    probabilities = softmax(logits)
    return truth, probabilities if digits is None else probabilities.round(digits)
