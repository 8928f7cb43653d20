"""Limits of a network's predictions, and how they held where they were measured."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.results import Interval, Share
from core.schema import Strict

WORST_OF = (
    "for each class the largest conformal threshold, and the smallest operating threshold, that one of the "
    "held-out sources needs"
)


class LimitCheck(Strict):
    """How calibrated probabilities and prediction sets are on images that chose no limit."""

    images: int = Field(ge=1)
    groups: int = Field(ge=1)
    classes: tuple[str, ...] = Field(description="classes that a prediction set can have")
    coverage: Interval = Field(description="share of images whose set has the true class")
    coverage_by_class: dict[str, Interval] = Field(description="without classes that have no image")
    set_size: Interval = Field(description="mean number of classes in a set")
    calibration_error: Interval = Field(description="expected calibration error, 15 bins, top label")


class Limits(Strict):
    """Temperature and thresholds that several held-out sources chose together."""

    temperature: float = Field(gt=0)
    operating_threshold: Share | None = Field(description="None where there is no positive class")
    conformal_thresholds: dict[str, Share] = Field(
        description="1 minus the least probability of a class in the set, for the classes that a held-out "
        "source has images of"
    )


class HeldOutSource(Strict):
    """A source that neither the network nor the limits have seen."""

    name: str = Field(min_length=1, max_length=200)
    joined: tuple[str, ...] = Field((), description="values that the name stands for, if more than one")
    temperature: float = Field(gt=0, description="from the other sources")
    as_predicted: LimitCheck
    among_present: LimitCheck | None = Field(
        description="probabilities renormalised over the classes that have images; None where all have some"
    )

    @property
    def among_its_classes(self) -> LimitCheck:
        """The check among the classes of which the source has images."""
        return self.among_present or self.as_predicted


class HeldOutLimits(Strict):
    """Limits for a network that is trained on all sources, and what such limits were worth on each source."""

    limits: Limits
    rule: str = WORST_OF
    sources: tuple[HeldOutSource, ...] = Field(min_length=2)

    @property
    def worst(self) -> HeldOutSource:
        """The source with the smallest coverage among its classes."""
        return min(self.sources, key=lambda source: source.among_its_classes.coverage.value)
