"""Compare scores that tell which images are outside the training domain, on held-out sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from core.evaluation.error_detection import RiskCoverage, error_auroc, risk_coverage
from core.evaluation.intervals import proportion_of_hits
from core.evaluation.results import Interval, Share
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
"""Share of the validation images whose scores give the unit of a threshold."""
FACTORS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0)
"""Thresholds that are tried, in that unit."""
COMBINATION, COMBINED = "nearest or statistics", ("nearest", "statistics")
"""The larger of two scores, each in its unit."""
MOST_AT_HOME, MOST_ELSEWHERE, LEAST_OUTSIDE = 0.05, 0.15, 0.95
"""Wanted flag rates: of home images and of each held-out source's at most, of images outside at least."""


class ScoredImages(NamedTuple):
    """Images with several scores of one network, higher for what is farther from its training images.

    Attributes:
        scores: name of a score → its value for each image, float [N].
        groups: group labels [N]; images of one group are in one half.
        measuring: whether each image measures, and does not choose, bool [N].
        wrong: whether the network's prediction is wrong, bool [N]; all False where nothing is right.
        kinds: kind of each image outside the domain, [N]; empty texts for others.
    """

    scores: Mapping[str, NDArray[np.floating]]
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


class FlagRate(Strict):
    """Share of images that are flagged as out of distribution."""

    images: int = Field(ge=1)
    rate: Interval = Field(description="95 % interval at the effective number of groups")


class NetworkFlags(Strict):
    """Flags of the network that was trained without one source, on images that chose nothing."""

    held_out: str
    home: FlagRate
    elsewhere: FlagRate
    outside: FlagRate
    error_auroc: Interval | None = Field(
        description="probability that a wrong prediction on the held-out source has a higher score than a "
        "right one; None where all are right, or wrong"
    )
    risk_coverage: RiskCoverage = Field(description="on the held-out source")


class ScoreResult(Strict):
    """One score on all networks, at the level that was chosen for it."""

    score: str
    factor: float = Field(description="threshold over what 95 % of the validation images do not exceed")
    choosing_auroc: Share = Field(description="mean over the networks, on the halves for choosing")
    choosing_margin: float = Field(
        description="on the halves for choosing: smallest distance of a flag rate to its limit, as a share "
        "of the limit's own distance from 0 or 1; negative where a limit is broken"
    )
    networks: tuple[NetworkFlags, ...]
    home: FlagRate = Field(description="of all networks together")
    outside: FlagRate = Field(description="of all networks together")
    outside_by_kind: dict[str, FlagRate]


class DomainComparison(Strict):
    """Scores compared on the networks of a finished held-out run."""

    chosen: str = Field(description="best at telling wrong predictions among those that keep the flag rates")
    scores: tuple[ScoreResult, ...]
    outside_images: int = Field(ge=1, description="images outside the domain, both halves together")
    missing_packages: tuple[str, ...] = Field(description="packages with further such images")

    @property
    def best(self) -> ScoreResult:
        """The result of the chosen score."""
        return next(result for result in self.scores if result.score == self.chosen)


def halves(groups: ArrayLike, seed: int) -> NDArray[np.bool_]:
    """Return which images measure, bool [N]: those of every other group in an order drawn with a seed."""
    labels = np.unique(np.asarray(groups), return_inverse=True)[1]
    return np.asarray((np.random.default_rng(seed).permutation(labels.max() + 1) % 2 == 1)[labels], bool)


def compare(
    networks: Sequence[ScoredNetwork], usable: Iterable[str], missing_packages: tuple[str, ...] = ()
) -> DomainComparison:
    """Choose score and factor on one half of the images, and measure all scores on the other.

    For each score the factor is chosen that leaves the flag rates farthest from their limits. The best score
    is the one with the highest mean AUROC of error detection among those that keep all limits; if none does,
    the one that comes closest.

    Args:
        networks: images and scores of each network, at least one; all with the same scores. Where those of
            ``COMBINED`` are among them, their combination is compared too.
        usable: names of the scores that may be chosen.
        missing_packages: packages with images outside the domain that are not installed.
    """
    networks = [_with_combination(network) for network in networks]
    results = tuple(_measure(score, networks) for score in networks[0].home.scores)
    candidates = [result for result in results if result.score in set(usable)]
    keeping = [result for result in candidates if result.choosing_margin >= 0]
    best = (
        max(keeping, key=lambda result: result.choosing_auroc)
        if keeping
        else max(candidates, key=lambda result: result.choosing_margin)
    )
    return DomainComparison(
        chosen=best.score,
        scores=results,
        outside_images=len(networks[0].outside.groups),
        missing_packages=missing_packages,
    )


def shortfalls(result: ScoreResult) -> list[str]:
    """Return sentences on the limits that a score does not keep on the images that chose nothing."""
    said = []
    if result.home.rate.value > MOST_AT_HOME:
        said.append(f"At home {result.home.rate.value:.1%} are flagged, more than {MOST_AT_HOME:.0%}.")
    said += [
        f"Of {network.held_out} {network.elsewhere.rate.value:.1%} are flagged, more than "
        f"{MOST_ELSEWHERE:.0%}."
        for network in result.networks
        if network.elsewhere.rate.value > MOST_ELSEWHERE
    ]
    if result.outside.rate.value < LEAST_OUTSIDE:
        said.append(
            f"Of the images outside the training domain {result.outside.rate.value:.1%} are flagged, less "
            f"than {LEAST_OUTSIDE:.0%}."
        )
    return said


def _measure(score: str, networks: Sequence[ScoredNetwork]) -> ScoreResult:
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
            str(kind): _rate(score, outside, kind) for kind in np.unique(networks[0].outside.kinds)
        },
    )


def _flags(score: str, network: ScoredNetwork, threshold: float) -> NetworkFlags:
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


def _unit(home: ScoredImages, score: str) -> float:
    values = np.asarray(home.scores[score], np.float64)[~home.measuring]
    return float(np.quantile(values, LEVEL))


def _threshold(score: str, network: ScoredNetwork, factor: float) -> float:
    unit = 1.0 if score == COMBINATION else _unit(network.home, score)
    return unit + (factor - 1) * abs(unit)  # an energy may be negative


def _margin(score: str, networks: Sequence[ScoredNetwork], factor: float) -> float:
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


def _auroc(score: str, images: ScoredImages, *, measuring: bool) -> Interval | None:
    rows = images.measuring == measuring
    return error_auroc(images.wrong[rows], images.scores[score][rows], images.groups[rows])


def _rate(score: str, parts: Sequence[tuple[ScoredImages, float]], kind: str | None = None) -> FlagRate:
    """Return the flag rate of several sets of images, each at its threshold, that chose nothing."""
    flagged, groups = [], []
    for images, threshold in parts:
        rows = images.measuring & (True if kind is None else images.kinds == kind)
        flagged.append(images.scores[score][rows] > threshold)
        groups.append(images.groups[rows])
    hits = np.concatenate(flagged)
    rate = proportion_of_hits(hits, np.concatenate(groups))
    if rate is None:
        raise ValueError("a half without images has no flag rate")
    return FlagRate(images=len(hits), rate=rate)
