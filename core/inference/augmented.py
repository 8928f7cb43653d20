"""Predictions for random augmentations of one image: how stable the prediction is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.augmentation.draw import sample_draws
from core.augmentation.transform import apply
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw
    from core.augmentation.ranges import Augmentation
    from core.inference.classifier import Classifier, Prediction

DRAWS = 16


class AugmentedPrediction(NamedTuple):
    """A drawn augmentation and the prediction for the augmented image, which is ``prediction.image``."""

    draw: Draw
    prediction: Prediction


def predict_augmented(
    classifier: Classifier,
    image: NDArray[np.uint8],
    ranges: Augmentation,
    *,
    seed: int,
    count: int = DRAWS,
) -> list[AugmentedPrediction]:
    """Classify random augmentations of an image, applied after the preprocessing as in training.

    Args:
        classifier: classifier with its preprocessing.
        image: uint8 [H, W, 3] of any size.
        ranges: ranges of the augmentation.
        seed: random seed of the draws.
        count: number of draws, at least 1.

    Raises:
        QueueFullError: the queue is full.
    """
    fitted = fit(image, classifier.preprocessing)
    draws = sample_draws(ranges, (fitted.shape[0], fitted.shape[1]), seed=seed, count=count)
    predictions = classifier.classify_fitted([apply(fitted, draw) for draw in draws])
    return [
        AugmentedPrediction(draw, prediction) for draw, prediction in zip(draws, predictions, strict=True)
    ]


def spread(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Return the range of the probabilities over predictions.

    Args:
        predictions: N predictions, at least 1.

    Returns:
        One row per class, in class order: ``class``, ``lowest``, ``median`` and ``highest`` probability, and
        ``times_predicted``, the number of predictions of this class.
    """
    probabilities = pd.DataFrame([prediction.probabilities for prediction in predictions])
    predicted = pd.Series([prediction.predicted_class for prediction in predictions]).value_counts()
    return pd.DataFrame(
        {
            "class": list(probabilities.columns),
            "lowest": probabilities.min().to_numpy(),
            "median": probabilities.median().to_numpy(),
            "highest": probabilities.max().to_numpy(),
            "times_predicted": [int(predicted.get(name, 0)) for name in probabilities.columns],
        }
    )
