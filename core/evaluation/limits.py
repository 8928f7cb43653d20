"""Limits of a network's predictions, and how they held where they were measured."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.data.provenance import MAX_NAME, MAX_PARTS
from core.evaluation.results import Interval, OperatingPoint, Share, ShareInterval
from core.schema import Strict

WORST_OF = (
    "for each class the largest conformal threshold that one of the held-out sources needs; as operating "
    "threshold the smallest that gave networks trained without a source a sensitivity of 0.95 on it"
)


MAX_CLASSES = 100
MAX_SOURCES = MAX_PARTS  # of one run; a bundle comes from strangers
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class LimitCheck(Strict):
    """How calibrated probabilities and prediction sets are on images that chose no limit."""

    images: int = Field(ge=1)
    groups: int = Field(ge=1)
    classes: tuple[Name, ...] = Field(
        max_length=MAX_CLASSES, description="classes that a prediction set can have"
    )
    coverage: ShareInterval = Field(description="share of images whose set has the true class")
    coverage_by_class: dict[Name, ShareInterval] = Field(
        max_length=MAX_CLASSES, description="without classes that have no image"
    )
    set_size: Interval = Field(description="mean number of classes in a set")
    calibration_error: ShareInterval = Field(description="expected calibration error, 15 bins, top label")
    perfect_error: Share = Field(
        description="mean calibration error of these predictions if they were perfectly calibrated"
    )

    @property
    def excess_error(self) -> float:
        """Calibration error beyond that of a perfectly calibrated model with so few images."""
        return self.calibration_error.value - self.perfect_error


class Limits(Strict):
    """Temperature and thresholds that several held-out sources chose together."""

    temperature: float = Field(gt=0)
    operating_threshold: Share | None = Field(description="None where there is no positive class")
    conformal_thresholds: dict[Name, Share] = Field(
        max_length=MAX_CLASSES,
        description="1 minus the least probability of a class in the set, for the classes that a held-out "
        "source has enough images of",
    )


class HeldOutSource(Strict):
    """A source of which neither the network nor the limits have seen an image."""

    name: Name
    joined: tuple[Name, ...] = Field(
        (), max_length=MAX_SOURCES, description="values that the name stands for, if more than one"
    )
    temperature: float = Field(gt=0, description="from the other sources")
    operating_point: OperatingPoint | None = Field(
        description="at the threshold from the other sources; None where there is no positive class"
    )
    as_predicted: LimitCheck = Field(description="the sets that the app would show")
    among_present: LimitCheck | None = Field(
        description="probabilities renormalised over the classes that have images; None where all have some, "
        "or one alone has"
    )


class HeldOutLimits(Strict):
    """Limits for a network that is trained on all sources, and what such limits were worth on each source."""

    limits: Limits
    rule: str = Field(WORST_OF, max_length=1000)
    sources: tuple[HeldOutSource, ...] = Field(min_length=2, max_length=MAX_SOURCES)

    @property
    def worst(self) -> HeldOutSource:
        """The source with the smallest coverage of the sets that the app would show."""
        return min(self.sources, key=lambda source: source.as_predicted.coverage.value)
