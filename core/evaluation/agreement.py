"""Agreement of two readers on the same images: Cohen's kappa, with its confidence interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from core.evaluation.intervals import percentile, proportion_of_hits, resampled_weights
from core.evaluation.results import Interval, ShareInterval
from core.schema import Strict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEWEST = 3  # images


class Agreement(Strict):
    """How often two readers give the same class to an image, and how far that exceeds chance."""

    images: int = Field(ge=1)
    same: int = Field(ge=0, description="images that both give the same class")
    share: ShareInterval = Field(description="of the images that both give the same class")
    kappa: Interval | None = Field(
        description="Cohen's kappa; None of fewer than three images, or where both give all of them one class"
    )


def cohens_kappa(
    one: ArrayLike, other: ArrayLike, strata: ArrayLike, groups: ArrayLike, *, classes: int, seed: int
) -> Agreement | None:
    """Return the agreement of two readers on N images; None where N is 0.

    Kappa is (p_o - p_e) / (1 - p_e), where p_o is the share of images that both give the same class, and p_e
    the share expected of readers who give each class as often, at random (Cohen 1960, Educational and
    Psychological Measurement 20:37). At each end its interval is the wider of two. One is the percentile
    bootstrap of groups within class; at a kappa of 1 it has no width. The other carries over the interval of
    p_o and takes p_e as known, as Cohen's own standard error does. In simulations of 10 to 40 images they
    hold the true kappa in at least 0.94 of the samples.

    Args:
        one: class that a reader gives to each image, int [N].
        other: class that the other one gives, int [N].
        strata: true class of each image, within which groups are resampled, int [N].
        groups: group labels [N]; images of one group are not independent.
        classes: number of classes C.
        seed: random seed of the resampling.
    """
    pair = np.asarray(one, np.int64) * classes + np.asarray(other, np.int64)
    same = np.asarray(one) == np.asarray(other)
    share = proportion_of_hits(same, groups)
    if share is None:
        return None
    cells = np.eye(classes**2)[pair]
    observed, expected = (float(each[0]) for each in _shares(cells.sum(axis=0)[np.newaxis], classes))
    kappa = None
    if expected < 1 and len(pair) >= _FEWEST:
        value = (observed - expected) / (1 - expected)
        weights = resampled_weights(np.asarray(strata, np.int64), groups, np.random.default_rng(seed))
        low, high = ((end - expected) / (1 - expected) for end in (share.low, share.high))
        resampled = percentile(
            value, np.concatenate([_kappas(rows @ cells, classes, otherwise=value) for rows in weights])
        )
        kappa = Interval(value=value, low=max(min(low, resampled.low), -1.0), high=max(high, resampled.high))
    return Agreement(images=len(pair), same=int(same.sum()), share=share, kappa=kappa)


def _shares(counts: NDArray[np.float64], classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return observed and expected agreement, float64 [B] each, of B tables of counts, [B, C * C]."""
    tables = counts.reshape(-1, classes, classes) / counts.sum(axis=1)[:, np.newaxis, np.newaxis]
    expected = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1)
    return np.trace(tables, axis1=1, axis2=2), expected


def _kappas(counts: NDArray[np.float64], classes: int, *, otherwise: float) -> NDArray[np.float64]:
    """Return the kappa of each resample, float64 [B]; ``otherwise`` where both readers give one class."""
    observed, expected = _shares(counts, classes)
    varies = expected < 1 - 1e-9  # rounding only
    return np.where(varies, (observed - expected) / np.where(varies, 1 - expected, 1), otherwise)
