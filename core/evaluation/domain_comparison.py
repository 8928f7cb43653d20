"""Compare scores that tell which images are outside the training domain, on held-out sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from core.data.halves import measures
from core.evaluation.domain_results import (
    COMBINATION,
    COMBINED,
    LEAST_OUTSIDE,
    LEVEL,
    MAX_NETWORKS,
    MOST_AT_HOME,
    MOST_ELSEWHERE,
    DomainComparison,
    FlagRate,
    NetworkFlags,
    ScoreName,
    ScoreResult,
    UsableScore,
)
from core.evaluation.error_detection import error_auroc, risk_coverage
from core.evaluation.intervals import effective_size, proportion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from core.evaluation.results import Interval

FACTORS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0)
"""Thresholds that are tried, over what 95 % of the validation images do not exceed."""


class ScoredImages(NamedTuple):
    """Images with several scores of one network, higher for what is farther from its training images.

    Attributes:
        scores: name of a score → its value for each image, float [N].
        groups: group labels [N]; images of one group are in one half.
        measuring: whether each image measures, and does not choose, bool [N].
        wrong: whether the network's prediction is wrong, bool [N]; all False where nothing is right.
        kinds: kind of each image outside the domain, [N]; empty texts for others.
    """

    scores: Mapping[ScoreName, NDArray[np.floating]]
    groups: NDArray[np.generic]
    measuring: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    kinds: NDArray[np.str_]


class ScoredNetwork(NamedTuple):
    """Images as the network sees them that was trained without one source.

    Attributes:
        held_out: name of the source.
        home: its validation images, of the sources that it was trained on.
        elsewhere: images of the held-out source.
        outside: images outside the training domain.
    """

    held_out: str
    home: ScoredImages
    elsewhere: ScoredImages
    outside: ScoredImages


def halves(groups: ArrayLike, seed: int) -> NDArray[np.bool_]:
    """Return which images measure, bool [N], by seed and group label alone.

    An image has the same half in all networks of a run, which choose score and factor together.
    """
    labels, places = np.unique(np.asarray(groups), return_inverse=True)
    return np.array([measures(seed, str(label)) for label in labels], bool)[places]


def compare(
    networks: Sequence[ScoredNetwork], missing_packages: tuple[str, ...] = ()
) -> DomainComparison | None:
    """Choose score and factor on one half of the images, and measure all scores on the other.

    For each score the factor is chosen that leaves the flag rates farthest from their limits. The chosen
    score is the one with the highest mean AUROC of error detection among those that the app can compute and
    that keep all limits; if none does, the one that comes closest.

    Args:
        networks: images and scores of each network, at least one; all with the same scores. Where those of
            ``COMBINED`` are among them, their combination is compared too.
        missing_packages: packages with images outside the domain that are not installed.

    Returns:
        None where a network has images of one half only at home, elsewhere or outside, such as those of a
        single patient, and where there are more networks than a report holds.
    """
    if len(networks) > MAX_NETWORKS or not all(map(_has_both_halves, networks)):
        return None
    networks = [_with_combination(network) for network in networks]
    results = {score: _measure(score, networks) for score in networks[0].home.scores}
    candidates: list[UsableScore] = [name for name in get_args(UsableScore) if name in results]
    keeping = [name for name in candidates if results[name].choosing_margin >= 0]
    chosen = (
        max(keeping, key=lambda name: results[name].choosing_auroc)
        if keeping
        else max(candidates, key=lambda name: results[name].choosing_margin)
    )
    return DomainComparison(
        chosen=chosen,
        scores=tuple(results.values()),
        outside_images=len(networks[0].outside.groups),
        missing_packages=missing_packages,
    )


def flag_rate(flagged: NDArray[np.bool_], groups: ArrayLike) -> FlagRate:
    """Return the share of N flagged images, with its interval.

    Args:
        flagged: bool [N], N at least 1.
        groups: group labels [N].
    """
    rate = proportion(float(flagged.mean()), effective_size(groups))
    return FlagRate(images=len(flagged), rate=rate)


def _has_both_halves(network: ScoredNetwork) -> bool:
    parts = (network.home, network.elsewhere, network.outside)
    return all(part.measuring.any() and not part.measuring.all() for part in parts)


def _measure(score: ScoreName, networks: Sequence[ScoredNetwork]) -> ScoreResult:
    factor, margin = max(
        ((factor, _margin(score, networks, factor)) for factor in FACTORS), key=lambda found: found[1]
    )
    thresholds = [_threshold(score, network, factor) for network in networks]
    pairs = list(zip(networks, thresholds, strict=True))
    outside = [(network.outside, threshold) for network, threshold in pairs]
    areas = [
        found.value
        for network in networks
        if (found := _auroc(score, network.elsewhere, measuring=False)) is not None
    ]
    return ScoreResult(
        score=score,
        factor=factor,
        choosing_auroc=float(np.mean(areas)) if areas else 0.5,
        choosing_margin=margin,
        networks=tuple(_flags(score, network, threshold) for network, threshold in pairs),
        home=_rate(score, [(network.home, threshold) for network, threshold in pairs]),
        outside=_rate(score, outside),
        outside_by_kind={
            str(kind): _rate(score, outside, kind)
            for kind in np.unique(networks[0].outside.kinds[networks[0].outside.measuring])
        },
    )


def _flags(score: ScoreName, network: ScoredNetwork, threshold: float) -> NetworkFlags:
    elsewhere, rows = network.elsewhere, network.elsewhere.measuring
    return NetworkFlags(
        held_out=network.held_out,
        home=_rate(score, [(network.home, threshold)]),
        elsewhere=_rate(score, [(elsewhere, threshold)]),
        outside=_rate(score, [(network.outside, threshold)]),
        error_auroc=_auroc(score, elsewhere, measuring=True),
        risk_coverage=risk_coverage(
            elsewhere.wrong[rows], elsewhere.scores[score][rows], elsewhere.groups[rows]
        ),
    )


def _with_combination(network: ScoredNetwork) -> ScoredNetwork:
    if not set(COMBINED) <= set(network.home.scores):
        return network
    units = {score: _unit(network.home, score) for score in COMBINED}

    def combined(images: ScoredImages) -> ScoredImages:
        larger = np.max([images.scores[score] / units[score] for score in COMBINED], axis=0)
        return images._replace(scores={**images.scores, COMBINATION: larger})

    return network._replace(
        home=combined(network.home),
        elsewhere=combined(network.elsewhere),
        outside=combined(network.outside),
    )


def _unit(home: ScoredImages, score: ScoreName) -> float:
    values = np.asarray(home.scores[score], np.float64)[~home.measuring]
    return float(np.quantile(values, LEVEL))


def _threshold(score: ScoreName, network: ScoredNetwork, factor: float) -> float:
    unit = 1.0 if score == COMBINATION else _unit(network.home, score)
    return unit + (factor - 1) * abs(unit)  # an energy may be negative


def _margin(score: ScoreName, networks: Sequence[ScoredNetwork], factor: float) -> float:
    """Return the smallest margin of the flag rates on the halves for choosing."""
    home: list[float] = []
    elsewhere: list[float] = []
    outside: list[float] = []
    for network in networks:
        threshold = _threshold(score, network, factor)
        for images, rates in (
            (network.home, home),
            (network.elsewhere, elsewhere),
            (network.outside, outside),
        ):
            rates.append(float((images.scores[score][~images.measuring] > threshold).mean()))
    return min(
        (MOST_AT_HOME - float(np.mean(home))) / MOST_AT_HOME,
        (MOST_ELSEWHERE - max(elsewhere)) / MOST_ELSEWHERE,
        (float(np.mean(outside)) - LEAST_OUTSIDE) / (1 - LEAST_OUTSIDE),
    )


def _auroc(score: ScoreName, images: ScoredImages, *, measuring: bool) -> Interval | None:
    rows = images.measuring == measuring
    return error_auroc(images.wrong[rows], images.scores[score][rows], images.groups[rows])


def _rate(score: ScoreName, parts: Sequence[tuple[ScoredImages, float]], kind: str | None = None) -> FlagRate:
    """Return the flag rate of several sets of images, each at its threshold, that chose nothing."""
    flagged, groups = [], []
    for images, threshold in parts:
        rows = images.measuring & (True if kind is None else images.kinds == kind)
        flagged.append(images.scores[score][rows] > threshold)
        groups.append(images.groups[rows])
    return flag_rate(np.concatenate(flagged), np.concatenate(groups))
