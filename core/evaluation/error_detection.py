"""How well a score tells which predictions are wrong: AUROC of error detection, and risk by coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from core.evaluation.intervals import effective_size, interval_of_auc, proportion_of_hits
from core.evaluation.ranking import roc_areas
from core.evaluation.results import Interval, Share
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

COVERAGES = (1.0, 0.9, 0.8, 0.6)
"""Shares of the most trusted images whose error rate is reported."""


class ErrorRate(Strict):
    """Error rate among the most trusted images."""

    coverage: Share = Field(description="share of the images that are kept, those with the lowest scores")
    images: int = Field(ge=1)
    error_rate: Interval


class RiskCoverage(Strict):
    """Risk-coverage curve of a score (El-Yaniv and Wiener 2010, JMLR 11:1605) in a few numbers."""

    area: Share = Field(
        description="mean error rate over all coverages (Geifman and El-Yaniv 2019, ICML); that of all "
        "images if the score tells nothing"
    )
    error_rates: tuple[ErrorRate, ...] = Field(description="from coverage 1 down")


def error_auroc(wrong: ArrayLike, scores: ArrayLike, groups: ArrayLike) -> Interval | None:
    """Return the probability that a wrong prediction has a higher score than a right one; ties one half.

    Args:
        wrong: whether each prediction is wrong, bool [N].
        scores: higher where a prediction is to be trusted less, float [N].
        groups: group labels [N]; the interval is for the effective number of groups.

    Returns:
        None where all predictions are right, or all wrong.
    """
    errors, values, labels = np.asarray(wrong, bool), np.asarray(scores, np.float64), np.asarray(groups)
    if errors.all() or not errors.any():
        return None
    area = float(roc_areas(errors, values)[0])
    return interval_of_auc(area, effective_size(labels[errors]), effective_size(labels[~errors]))


def risks(wrong: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    """Return the error rate among the 1, 2, … N images with the lowest scores, float64 [N].

    Images of one score come in no order: each counts as their mean.

    Args:
        wrong: bool [N].
        scores: float [N].
    """
    errors, values = np.asarray(wrong, np.float64), np.asarray(scores, np.float64)
    rank, sizes = np.unique(values, return_inverse=True, return_counts=True)[1:]
    means = np.bincount(rank, errors) / sizes
    ordered = means[np.sort(rank)]
    return np.asarray(np.cumsum(ordered) / np.arange(1, len(errors) + 1), np.float64)


def risk_coverage(
    wrong: ArrayLike, scores: ArrayLike, groups: ArrayLike, coverages: Sequence[float] = COVERAGES
) -> RiskCoverage:
    """Return the area under the risk-coverage curve and the error rates at some coverages.

    Args:
        wrong: bool [N], N at least 1.
        scores: higher where a prediction is to be trusted less, float [N].
        groups: group labels [N].
        coverages: shares of the images to keep, above 0 and at most 1.
    """
    errors, values, labels = np.asarray(wrong, bool), np.asarray(scores, np.float64), np.asarray(groups)
    order = np.argsort(values, kind="stable")
    rates = []
    for coverage in coverages:
        kept = order[: max(1, math.floor(coverage * len(order) + 1e-9))]
        rate = proportion_of_hits(errors[kept], labels[kept])
        if rate is not None:
            rates.append(ErrorRate(coverage=coverage, images=len(kept), error_rate=rate))
    return RiskCoverage(area=float(risks(errors, values).mean()), error_rates=tuple(rates))
