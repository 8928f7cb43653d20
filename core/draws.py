"""How a model's answer moves when a picture is changed at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.augmentation import Draw, apply, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from core.classifier import Classifier, Prediction
    from core.recipe import Augmentation

COUNT = 16
"""Draws that a page shows: one batch of the network."""


def sample(augmentation: Augmentation, seed: int, side: int, count: int = COUNT) -> list[Draw]:
    """Draw the parameters of several changes of one picture.

    Args:
        augmentation: the ranges.
        seed: two augmentations under one seed differ only where their ranges do.
        side: of the square picture, pixels.
        count: of draws.
    """
    rng = np.random.default_rng(seed)
    return [draw(augmentation, rng, (side, side)) for _ in range(count)]


def changed(picture: NDArray[np.uint8], draws: Iterable[Draw]) -> list[NDArray[np.uint8]]:
    """Return the picture, uint8 [S, S, 3], as each draw changes it."""
    return [apply(picture, one) for one in draws]


def answers(classifier: Classifier, picture: NDArray[np.uint8], draws: Sequence[Draw]) -> list[Prediction]:
    """Answer for a picture at input size, uint8 [S, S, 3], under each draw, all in one go."""
    return classifier.classify_fitted(changed(picture, draws))
