"""How well a score tells which predictions are wrong: AUROC of error detection, and risk by coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.domain_results import COVERAGES, ErrorRate, RiskCoverage
from core.evaluation.intervals import effective_size, interval_of_auc, proportion_of_hits
from core.evaluation.ranking import roc_areas

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from core.evaluation.results import Interval


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


def risk_coverage(wrong: ArrayLike, scores: ArrayLike, groups: ArrayLike) -> RiskCoverage:
    """Return the area under the risk-coverage curve and the error rates at ``COVERAGES``.

    Args:
        wrong: bool [N], N at least 1.
        scores: higher where a prediction is to be trusted less, float [N].
        groups: group labels [N].
    """
    errors, values, labels = np.asarray(wrong, bool), np.asarray(scores, np.float64), np.asarray(groups)
    order = np.argsort(values, kind="stable")
    rates = []
    for coverage in COVERAGES:
        kept = order[: max(1, math.floor(coverage * len(order) + 1e-9))]
        rate = proportion_of_hits(errors[kept], labels[kept])
        if rate is not None:
            rates.append(ErrorRate(coverage=coverage, images=len(kept), error_rate=rate))
    return RiskCoverage(area=float(risks(errors, values).mean()), error_rates=tuple(rates))
