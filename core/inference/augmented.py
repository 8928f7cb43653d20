"""One image changed at random many times, and what a model says of each: how firm its answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.augmentation.draw import sample_draw
from core.augmentation.transform import apply
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.augmentation.draw import Draw
    from core.augmentation.ranges import Augmentation
    from core.inference.classifier import Classifier, Prediction

DRAWS = 16


class AnsweredDraw(NamedTuple):
    """A drawn change, and the model's answer to the image that it makes (``prediction.image``)."""

    draw: Draw
    prediction: Prediction


def answered_draws(
    classifier: Classifier,
    image: NDArray[np.uint8],
    ranges: Augmentation,
    *,
    seed: int,
    count: int = DRAWS,
) -> list[AnsweredDraw]:
    """Draw changes of an image as training does, and classify all of them at once.

    Args:
        classifier: its preprocessing comes first, then the change, as in training.
        image: uint8 [H, W, 3] of any size.
        ranges: from which each change is drawn.
        seed: the same seed gives the same changes.
        count: how many, at least 1.
    """
    fitted = fit(image, classifier.preprocessing)
    rng = np.random.default_rng(seed)
    size = (fitted.shape[0], fitted.shape[1])
    draws = [sample_draw(ranges, rng, size) for _ in range(count)]
    predictions = classifier.classify_fitted([apply(fitted, draw) for draw in draws])
    return [AnsweredDraw(draw, prediction) for draw, prediction in zip(draws, predictions, strict=True)]


def spread(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Say how far the probabilities of N predictions, at least 1, lie apart.

    Returns:
        One row per class, in class order: ``class``, ``lowest``, ``median`` and ``highest`` probability, and
        ``times_predicted``, the number of predictions with this class as the most probable one.
    """
    probabilities = pd.DataFrame([prediction.probabilities for prediction in predictions])
    winners = pd.Series([prediction.predicted_class for prediction in predictions]).value_counts()
    return pd.DataFrame(
        {
            "class": list(probabilities.columns),
            "lowest": probabilities.min().to_numpy(),
            "median": probabilities.median().to_numpy(),
            "highest": probabilities.max().to_numpy(),
            "times_predicted": [int(winners.get(name, 0)) for name in probabilities.columns],
        }
    )
