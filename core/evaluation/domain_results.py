"""Scores for images outside the training domain and their worth, as bundles and reports store them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.evaluation.results import Interval, Share, ShareInterval
from core.schema import Strict

DomainScoreName = Literal["nearest", "mahalanobis", "statistics"]
"""A score that the app computes: a distance to the training images, by embeddings or statistics."""
UsableScore = Literal["nearest", "mahalanobis", "nearest or statistics"]
"""A score that the app can decide by; the last flags what either of two scores flags."""
COMBINATION: UsableScore = "nearest or statistics"
COMBINED: tuple[DomainScoreName, ...] = ("nearest", "statistics")
SCORES_OF: dict[UsableScore, tuple[DomainScoreName, ...]] = {
    "nearest": ("nearest",),
    "mahalanobis": ("mahalanobis",),
    COMBINATION: COMBINED,
}
"""Score that decides → the scores whose limits a bundle stores for it."""
ScoreName = Literal[
    "nearest", "mahalanobis", "statistics", "nearest or statistics", "energy", "flips", "max_probability"
]
LEVEL = 0.95
"""Share of the validation images whose scores give the unit of a threshold."""
REFERENCE: ScoreName = "max_probability"
"""Every comparison has it."""
COVERAGES = (1.0, 0.9, 0.8, 0.6)
"""Shares of the most trusted images whose error rate is reported."""
MOST_AT_HOME, MOST_ELSEWHERE, LEAST_OUTSIDE = 0.05, 0.15, 0.95
"""Wanted flag rates: of home images and of each held-out source's at most, of images outside at least."""
MAX_NETWORKS = 50
Text = Annotated[str, Field(min_length=1, max_length=200)]
_Count = Annotated[int, Field(ge=1, le=10_000_000)]


class ErrorRate(Strict):
    """Error rate among the most trusted images."""

    coverage: Share = Field(description="share of the images that are kept, those with the lowest scores")
    images: _Count
    error_rate: Interval


class RiskCoverage(Strict):
    """Risk-coverage curve of a score (El-Yaniv and Wiener 2010, JMLR 11:1605) in a few numbers."""

    area: Share = Field(
        description="mean error rate over all coverages (Geifman and El-Yaniv 2019, ICML); that of all "
        "images if the score tells nothing"
    )
    error_rates: tuple[ErrorRate, ...] = Field(description="from coverage 1 down")

    @model_validator(mode="after")
    def _has_all_coverages(self) -> RiskCoverage:
        if tuple(rate.coverage for rate in self.error_rates) != COVERAGES:
            raise ValueError(f"the error rates are not those at the coverages {COVERAGES}")
        return self


class FlagRate(Strict):
    """Share of images that are flagged as out of distribution."""

    images: _Count
    rate: ShareInterval = Field(description="95 % interval at the effective number of groups")


class NetworkFlags(Strict):
    """Flags of the network that was trained without one source, on images that chose nothing."""

    held_out: Text
    home: FlagRate
    elsewhere: FlagRate
    outside: FlagRate
    error_auroc: Interval | None = Field(
        description="probability that a wrong prediction on the held-out source has a higher score than a "
        "right one; None where all are right, or wrong"
    )
    risk_coverage: RiskCoverage = Field(description="on the held-out source")


class ScoreResult(Strict):
    """One score on all networks, with the threshold that was chosen for it."""

    score: ScoreName
    factor: float = Field(
        ge=1, le=100, description="threshold over what 95 % of the validation images do not exceed"
    )
    choosing_auroc: Share = Field(description="mean over the networks, on the halves for choosing")
    choosing_margin: float = Field(
        description="on the halves for choosing: smallest distance of a flag rate to its limit, as a share "
        "of the limit's own distance from 0 or 1; negative where a limit is broken"
    )
    networks: tuple[NetworkFlags, ...] = Field(min_length=1, max_length=MAX_NETWORKS)
    home: FlagRate = Field(description="of all networks together")
    outside: FlagRate = Field(description="of all networks together")
    outside_by_kind: dict[Text, FlagRate] = Field(
        max_length=20, description="without kinds of which no image measures"
    )

    @property
    def held_out(self) -> tuple[str, ...]:
        """Names of the sources that the networks were trained without."""
        return tuple(network.held_out for network in self.networks)


class DomainComparison(Strict):
    """Scores compared on the networks of a finished held-out run."""

    chosen: UsableScore = Field(
        description="best at telling wrong predictions among those that the app can compute and that keep "
        "the flag rates"
    )
    scores: tuple[ScoreResult, ...] = Field(max_length=7)
    outside_images: _Count = Field(description="images outside the domain, both halves together")
    missing_packages: tuple[Text, ...] = Field(max_length=20, description="packages with further such images")

    @model_validator(mode="after")
    def _is_consistent(self) -> DomainComparison:
        names = [result.score for result in self.scores]
        if len(set(names)) != len(names):
            raise ValueError("a score is named twice")
        for needed in (self.chosen, REFERENCE):
            if needed not in names:
                raise ValueError(f"it lacks the score {needed!r}")
        if len({result.held_out for result in self.scores}) != 1:
            raise ValueError("the scores are not of the same held-out sources")
        return self

    @property
    def best(self) -> ScoreResult:
        """The result of the chosen score."""
        return self._result(self.chosen)

    @property
    def reference(self) -> ScoreResult:
        """The result of 1 minus the highest probability, which needs no training images."""
        return self._result(REFERENCE)

    def _result(self, score: ScoreName) -> ScoreResult:
        return next(result for result in self.scores if result.score == score)


def shortfalls(result: ScoreResult, own: FlagRate | None = None) -> list[str]:
    """Return sentences on the limits that a score does not keep on the images that chose nothing.

    Args:
        result: the score on the networks of the held-out run.
        own: flags of a model's own test images by the same score.
    """
    said = []
    if own is not None and own.rate.value > MOST_AT_HOME:
        said.append(
            f"Of this model's test images {own.rate.value:.1%} are flagged, more than {MOST_AT_HOME:.0%}."
        )
    if result.home.rate.value > MOST_AT_HOME:
        said.append(f"At home {result.home.rate.value:.1%} are flagged, more than {MOST_AT_HOME:.0%}.")
    said += [
        f"Of the held-out source {network.held_out} {network.elsewhere.rate.value:.1%} are flagged, more "
        f"than {MOST_ELSEWHERE:.0%}."
        for network in result.networks
        if network.elsewhere.rate.value > MOST_ELSEWHERE
    ]
    if result.outside.rate.value < LEAST_OUTSIDE:
        said.append(
            f"Of the images outside the training domain {result.outside.rate.value:.1%} are flagged, less "
            f"than {LEAST_OUTSIDE:.0%}."
        )
    return said
