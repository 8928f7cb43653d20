"""Temperature, operating threshold, distance threshold, and calibration error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.errors import UserError
from core.evaluation.intervals import proportion_of_hits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BINS = 15
SIMULATIONS = 1_000
TEMPERATURES = (0.05, 20.0)
# Stands for the logarithm of a probability of exactly 0, which is minus infinity.
LEAST_LOGIT = -1e4


def fit_temperature(true_class: ArrayLike, logits: ArrayLike) -> float:
    """Return the temperature at which softmax(logits / temperature) has the lowest log loss.

    Guo et al. 2017, "On calibration of modern neural networks" (ICML).

    Args:
        true_class: int [N], N at least 1.
        logits: logits or log-probabilities, float [N, C].

    Returns:
        Between 0.05 and 20; above 1 where the network is overconfident.
    """
    # Only training fits a temperature: the app starts without SciPy's optimisers.
    from scipy.optimize import minimize_scalar  # noqa: PLC0415
    from scipy.special import logsumexp  # noqa: PLC0415

    truth, values = np.asarray(true_class, np.int64), np.asarray(logits, np.float64)
    values = np.maximum(values - values.max(axis=1, keepdims=True), LEAST_LOGIT)
    of_truth = values[np.arange(len(truth)), truth]

    def log_loss(log_temperature: float) -> float:
        scale = math.exp(-log_temperature)
        return float((logsumexp(values * scale, axis=1) - of_truth * scale).mean())

    # In log(temperature) the loss has one minimum: it is convex in 1 / temperature.
    low, high = (math.log(end) for end in TEMPERATURES)
    best = minimize_scalar(log_loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return math.exp(float(best.x))


def operating_threshold(
    true_class: ArrayLike, probabilities: ArrayLike, positive_index: int, sensitivity: float = 0.95
) -> float:
    """Return the largest threshold with at least this sensitivity for the positive class.

    Args:
        true_class: true classes of the validation set, int [N].
        probabilities: float [N, C].
        positive_index: index of the positive class.
        sensitivity: smallest allowed share of positive images with a probability of at least the threshold.

    Raises:
        UserError: no image is of the positive class.
    """
    truth, matrix = np.asarray(true_class, np.int64), np.asarray(probabilities, np.float64)
    scores = np.sort(matrix[truth == positive_index, positive_index])
    if not len(scores):
        raise UserError(
            "The validation set has no image of the positive class, so no operating threshold can be chosen; "
            "add images of it, or choose another positive class."
        )
    # In binary, 0.55 of 100 is more than 55.
    found = max(math.ceil(sensitivity * len(scores) - 1e-9), 1)
    return float(scores[len(scores) - found])


def distance_threshold(distances: ArrayLike, level: float = 0.99) -> float:
    """Return the distance that a share of the images do not exceed.

    Args:
        distances: distance of each validation image to the training images, float [N].
        level: that share, 0-1.
    """
    return float(np.quantile(np.asarray(distances, np.float64), level))


def reliability(
    true_class: ArrayLike, probabilities: ArrayLike, groups: ArrayLike, bins: int = BINS
) -> pd.DataFrame:
    """Return the reliability diagram of the most probable class, one row per bin of equal width.

    Args:
        true_class: int [N].
        probabilities: float [N, C].
        groups: group labels [N]; images of one group are not independent.
        bins: number of bins; each includes its upper end.

    Returns:
        Columns ``low``, ``high`` (ends of the bin), ``images``, ``confidence`` (mean probability),
        ``accuracy``, and ``accuracy_low`` and ``accuracy_high``, the ends of its 95 % interval at the
        effective number of groups; the last four are NaN in an empty bin.
    """
    confidence, bin_index, hits = _top_label(true_class, probabilities, bins)
    labels = np.asarray(groups)
    images = np.bincount(bin_index, minlength=bins)
    some = np.where(images > 0, images, np.nan)
    shares = [
        proportion_of_hits(hits[bin_index == index], labels[bin_index == index]) for index in range(bins)
    ]
    edges = np.linspace(0, 1, bins + 1)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "images": images,
            "confidence": np.bincount(bin_index, confidence, bins) / some,
            "accuracy": [share.value if share else np.nan for share in shares],
            "accuracy_low": [share.low if share else np.nan for share in shares],
            "accuracy_high": [share.high if share else np.nan for share in shares],
        }
    )


def calibration_error(true_class: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Return the expected calibration error of the most probable class, 0-1 (Guo et al. 2017).

    It is the mean of |accuracy - confidence| over the bins of ``reliability``, weighted by images.
    """
    confidence, bin_index, hits = _top_label(true_class, probabilities, bins)
    return float(np.abs(np.bincount(bin_index, hits - confidence, bins)).sum() / len(confidence))


def perfect_calibration_errors(
    probabilities: ArrayLike, groups: ArrayLike, rng: np.random.Generator, bins: int = BINS
) -> NDArray[np.float64]:
    """Simulate the calibration errors that these predictions would show if they were perfectly calibrated.

    They are not zero, and larger for fewer images. Hits are drawn with the model's own probabilities
    (consistency resampling: Bröcker and Smith 2007, Weather and Forecasting 22:651), one draw for each
    group, since near-duplicates are classified correctly or wrongly together.

    Args:
        probabilities: float [N, C].
        groups: group labels [N].
        rng: random generator; its state advances.
        bins: number of bins, as in ``calibration_error``.

    Returns:
        float64 [1000], one error per simulation.
    """
    matrix = np.asarray(probabilities, np.float64)
    confidence, bin_index, _ = _top_label(np.zeros(len(matrix), int), matrix, bins)
    group = np.unique(np.asarray(groups), return_inverse=True)[1]
    membership = (bin_index[:, np.newaxis] == np.arange(bins)).astype(float)
    errors = np.empty(SIMULATIONS)
    for simulation in range(SIMULATIONS):
        hits = rng.random(group.max() + 1)[group] < confidence
        errors[simulation] = np.abs((hits - confidence) @ membership).sum() / len(confidence)
    return errors


def _top_label(
    true_class: ArrayLike, probabilities: ArrayLike, bins: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    matrix = np.asarray(probabilities, np.float64)
    confidence = matrix.max(axis=1)
    bin_index = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    return confidence, bin_index, matrix.argmax(axis=1) == np.asarray(true_class)
