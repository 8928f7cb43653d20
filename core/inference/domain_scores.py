"""Scores of how far an image is from the training images, computed with NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from core.evaluation.neighbours import cosine_distances, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from core.evaluation.domain_results import DomainScoreName

# Smallest variance in a direction of embeddings of length 1, and as a share of the mean variance: a unit that
# no training image activates has none.
_LEAST_VARIANCE, _LEAST_SHARE = 1e-12, 1e-6
_LEAST_SPREAD = 1e-3  # of a statistic that is the same for all training images
# The widest backbone has 4,032; the square of what a stranger's bundle may hold would not fit into memory.
_MAX_WIDTH = 4096


class Features(NamedTuple):
    """What the scores of N images are computed from.

    Attributes:
        embedding: embeddings, float [N, D]; their scale cancels in the scores.
        statistics: from ``core.images.statistics``, float32 [N, S].
    """

    embedding: NDArray[np.floating]
    statistics: NDArray[np.float32]

    def distances(self, score: DomainScoreName, training: Features) -> NDArray[np.float32]:
        """Return the score of each image, float32 [N].

        Args:
            score: name of the score.
            training: of the training images.
        """
        return DOMAIN_SCORES[score](training.of(score))(self.of(score))

    def of(self, score: DomainScoreName) -> NDArray[np.floating]:
        """Return what a score is computed from, float [N, …]."""
        return self.statistics if score == STATISTICS_SCORE else self.embedding


class DomainScore(Protocol):
    """A score of embeddings or statistics; higher is farther from the training images."""

    def __call__(self, rows: NDArray[np.floating], /) -> NDArray[np.float32]:
        """Return the score of each row of [N, D], float32 [N]."""


class Nearest:
    """Cosine distance, 0-2, to the nearest training image."""

    def __init__(self, training: NDArray[np.floating]) -> None:
        """Keep the embeddings of M training images, float [M, D]."""
        self.training = unit_rows(training)

    def __call__(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the distance of each row of [N, D], float32 [N]."""
        return np.asarray(cosine_distances(unit_rows(embeddings), self.training).min(axis=1))


class Mahalanobis:
    """Mahalanobis distance to the training images, of embeddings scaled to length 1.

    After Lee et al. 2018 ("A simple unified framework for detecting out-of-distribution samples", NeurIPS),
    with one Gaussian for all classes. Without the scaling to length 1 the distance mostly tells the
    embedding's length.
    """

    def __init__(self, training: NDArray[np.floating]) -> None:
        """Estimate mean and covariance from the embeddings of M training images, float [M, D].

        Raises:
            ValueError: D is above 4,096.
        """
        if training.shape[1] > _MAX_WIDTH:
            raise ValueError(training.shape)
        self.gaussian = Gaussian(unit_rows(training))

    def __call__(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the distance of each row of [N, D], float32 [N], at least 0."""
        return self.gaussian.distance(unit_rows(embeddings))


class Statistics:
    """Mahalanobis distance of ``core.images.statistics``, each scaled to standard deviation 1."""

    def __init__(self, training: NDArray[np.floating]) -> None:
        """Estimate mean and covariance from the statistics of M training images, float [M, D]."""
        rows = np.asarray(training, np.float32)
        self.mean, self.spread = rows.mean(axis=0), rows.std(axis=0) + _LEAST_SPREAD
        self.gaussian = Gaussian(self._scaled(rows))

    def __call__(self, statistics: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the distance of each row of [N, D], float32 [N], at least 0."""
        return self.gaussian.distance(self._scaled(np.asarray(statistics, np.float32)))

    def _scaled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((rows - self.mean) / self.spread, np.float32)


STATISTICS_SCORE: DomainScoreName = "statistics"
DOMAIN_SCORES: Mapping[DomainScoreName, Callable[[NDArray[np.floating]], DomainScore]] = {
    "nearest": Nearest,
    "mahalanobis": Mahalanobis,
    STATISTICS_SCORE: Statistics,
}
"""Name of a score → function of the training images' embeddings, or statistics, that returns it."""


class Gaussian:
    """Mean of training rows, and their covariance, shrunk towards a multiple of the identity.

    There may be fewer rows than dimensions (Ledoit and Wolf 2004, Journal of Multivariate Analysis 88:365).

    Attributes:
        mean: float32 [D].
        whitening: upper triangular matrix, float32 [D, D]: centred rows times it have unit covariance.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        self.mean = rows.mean(axis=0)
        factor = np.linalg.cholesky(_shrunk_covariance(rows - self.mean))
        self.whitening = np.linalg.inv(factor).T.astype(np.float32)

    def distance(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the Mahalanobis distance of each row to the mean."""
        return np.asarray(np.linalg.norm((rows - self.mean) @ self.whitening, axis=1), np.float32)


def _shrunk_covariance(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return Ledoit and Wolf's shrunk covariance of M centred rows, [M, D], as float64 [D, D]."""
    centred = rows.astype(np.float64)
    count, width = centred.shape
    covariance: NDArray[np.float64] = centred.T @ centred / count
    mean_variance = max(float(np.trace(covariance)) / width, _LEAST_VARIANCE)
    total = float((covariance**2).sum())
    # How far the sample covariance is from a multiple of the identity, and how much of that is chance.
    apart = total - width * mean_variance**2
    by_chance = (float(((centred**2).sum(axis=1) ** 2).sum()) / count - total) / count
    shrinkage = min(max(by_chance / apart, _LEAST_SHARE), 1.0) if apart > 0 else 1.0
    covariance *= 1 - shrinkage
    covariance[np.diag_indices(width)] += shrinkage * mean_variance
    return covariance
