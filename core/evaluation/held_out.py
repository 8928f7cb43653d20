"""Choose limits on held-out sources, and measure them on a source that chose none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import softmax

from core.evaluation.calibration import (
    calibration_error,
    fit_temperature,
    operating_threshold,
    perfect_calibration_errors,
)
from core.evaluation.conformal import class_thresholds, conformal_threshold, prediction_set, set_coverage
from core.evaluation.intervals import percentile, resampled_weights
from core.evaluation.limits import HeldOutLimits, HeldOutSource, LimitCheck, Limits
from core.evaluation.metrics import operating_point
from core.evaluation.subsets import renormalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

# With fewer, 90 % of the images of a class cannot be told from all of them.
FEWEST_GROUPS = 20


class LabelledLogits(NamedTuple):
    """Predictions of uncalibrated networks for N images of known classes.

    Attributes:
        truth: index of the true class, int64 [N].
        logits: logits or log-probabilities, float64 [N, C]; ``LEAST_LOGIT`` or less for a class that an
            image's network does not have.
        groups: group labels [N].
    """

    truth: NDArray[np.int64]
    logits: NDArray[np.float64]
    groups: NDArray[Any]

    def rows(self, chosen: NDArray[np.bool_]) -> LabelledLogits:
        """Return some of the images, bool [N]."""
        return LabelledLogits(self.truth[chosen], self.logits[chosen], self.groups[chosen])


def choose_limits(
    predictions: LabelledLogits, sources: NDArray[Any], positive_index: int | None, names: Sequence[str]
) -> Limits:
    """Choose limits on the predictions of networks that have not seen an image's source.

    Sources are not exchangeable, so the limits of all of them pooled would fail on the harder ones. Each
    class takes the largest of the sources' own conformal thresholds: such sets cover a new image of any
    mixture of these sources (Cauchois et al. 2024, "Robust validation", JASA 119:3033, take the worst of a
    family of distributions likewise). One of fewer than ``FEWEST_GROUPS`` groups of a class has no say in
    it; where none has more, those of all sources together decide, and a class with too few in all is left
    out. The temperature is that of all images together.

    Args:
        predictions: N images.
        sources: source of each, [N].
        positive_index: index of the positive class, or None.
        names: the C classes.
    """
    temperature = fit_temperature(predictions.truth, predictions.logits)
    probabilities = softmax(predictions.logits / temperature, axis=1)
    scores = 1 - _of_truth(probabilities, predictions.truth)
    thresholds, operating = {}, None
    for index, name in enumerate(names):
        members = predictions.truth == index
        parts = _large_enough(members, sources, predictions.groups)
        if parts:
            thresholds[name] = max(
                conformal_threshold(scores[part], predictions.groups[part]) for part in parts
            )
        if index == positive_index and parts:
            operating = min(
                operating_threshold(predictions.truth[part], probabilities[part], index) for part in parts
            )
    return Limits(temperature=temperature, operating_threshold=operating, conformal_thresholds=thresholds)


def measure_sources(
    predictions: LabelledLogits,
    sources: NDArray[Any],
    home: Mapping[str, LabelledLogits],
    names: Sequence[str],
    *,
    classes: Mapping[str, Sequence[str]],
    positive_class: str | None,
    joined: Mapping[str, tuple[str, ...]],
    seed: int,
) -> HeldOutLimits:
    """Choose limits for each source on the others alone, and measure them on it.

    Args:
        predictions: N images, each predicted by a network that has seen no image of its source.
        sources: source of each, [N]; at least two.
        home: source → validation images of the network that was tested on it, for the limits of classes of
            which the other sources have too few images; of those images the kept epoch may have been chosen.
        names: the C classes.
        classes: source → classes of the network that was tested on it, in their order among the C.
        positive_class: the positive class, or None.
        joined: source → the values that its name stands for.
        seed: random seed of the resamples.
    """
    positive = None if positive_class is None else list(names).index(positive_class)
    measured = []
    for source in sorted(set(sources)):
        own = predictions.rows(sources == source)
        others = choose_limits(
            predictions.rows(sources != source), sources[sources != source], positive, names
        )
        of_network = classes[source]
        has = np.isin(names, of_network)
        at_home = home[source]
        of_truth = _of_truth(softmax(at_home.logits / others.temperature, axis=1), at_home.truth)
        thresholds = complete(others, at_home.truth, 1 - of_truth, at_home.groups, names)
        probabilities = softmax(own.logits[:, has] / others.temperature, axis=1)
        truth = (np.cumsum(has) - 1)[own.truth]
        limits = [thresholds[name] for name in of_network]
        restricted, kept, present = renormalised(truth, probabilities)
        point = None
        if (
            positive_class is not None
            and positive_class in of_network
            and others.operating_threshold is not None
        ):
            index = list(of_network).index(positive_class)
            point = operating_point(
                truth == index, probabilities[:, index], own.groups, others.operating_threshold
            )
        measured.append(
            HeldOutSource(
                name=str(source),
                joined=joined.get(source, ()),
                temperature=others.temperature,
                operating_point=point,
                as_predicted=check(truth, probabilities, own.groups, limits, of_network, seed=seed),
                among_present=check(
                    restricted,
                    kept,
                    own.groups,
                    [limits[index] for index in present],
                    [of_network[index] for index in present],
                    seed=seed,
                )
                if 1 < len(present) < len(of_network)
                else None,
            )
        )
    return HeldOutLimits(limits=choose_limits(predictions, sources, positive, names), sources=tuple(measured))


def complete(
    limits: Limits,
    true_class: NDArray[np.int64],
    scores: NDArray[np.float64],
    groups: NDArray[Any],
    names: Sequence[str],
) -> dict[str, float]:
    """Return a conformal threshold for every class: from home where no held-out source has images of it.

    Args:
        limits: limits from held-out sources.
        true_class: classes of the network's validation images, int [N].
        scores: 1 - p(true class) of each, at the temperature of the limits.
        groups: group labels [N].
        names: the C classes.
    """
    by_class = class_thresholds(true_class, scores, groups, len(names))
    if by_class is None:
        by_class = [conformal_threshold(scores, groups)] * len(names)
    return dict(zip(names, by_class, strict=True)) | limits.conformal_thresholds


def check(
    true_class: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    thresholds: Sequence[float],
    names: Sequence[str],
    *,
    seed: int,
) -> LimitCheck:
    """Measure probabilities and prediction sets on images that chose neither.

    Args:
        true_class: int [N], N at least 1.
        probabilities: calibrated, float [N, C].
        groups: group labels [N].
        thresholds: conformal threshold of each class.
        names: the C classes.
        seed: random seed of the resamples.
    """
    truth, matrix = np.asarray(true_class, np.int64), np.asarray(probabilities, np.float64)
    covered = set_coverage(truth, matrix, groups, thresholds)
    sizes = prediction_set(matrix, thresholds).sum(axis=1)
    rng = np.random.default_rng(seed)
    errors, mean_sizes = [], []
    for block in resampled_weights(truth, groups, rng):
        mean_sizes.append(block @ sizes / block.sum(axis=1))
        for weights in block:
            rows = np.repeat(np.arange(len(weights)), weights.astype(int))
            errors.append(calibration_error(truth[rows], matrix[rows]))
    error = calibration_error(truth, matrix)
    # Resampling with ties adds noise to every bin, and the error with it: the shift is taken out.
    shifted = np.clip(np.array(errors) - np.mean(errors) + error, 0, 1)
    return LimitCheck(
        images=len(truth),
        groups=len(np.unique(np.asarray(groups))),
        classes=tuple(names),
        coverage=covered.overall,
        coverage_by_class={
            name: share for name, share in zip(names, covered.by_class, strict=True) if share is not None
        },
        set_size=percentile(covered.mean_size, np.concatenate(mean_sizes)),
        calibration_error=percentile(error, shifted),
        perfect_error=float(perfect_calibration_errors(matrix, groups, rng).mean()),
    )


def _of_truth(probabilities: NDArray[np.float64], true_class: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of each image's true class, float64 [N]."""
    return np.asarray(probabilities[np.arange(len(probabilities)), true_class])


def _large_enough(
    members: NDArray[np.bool_], sources: NDArray[Any], groups: NDArray[Any]
) -> list[NDArray[np.bool_]]:
    """Return the images of a class in each source that has enough groups of it, bool [N] each."""
    parts = [members & (sources == source) for source in sorted(set(sources[members]))]
    large = [part for part in (*parts, members) if len(np.unique(groups[part])) >= FEWEST_GROUPS]
    return large[:-1] or large
