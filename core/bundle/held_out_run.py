"""What a cross-validation over held-out sources found, for the bundle of a network trained on all of them."""

from __future__ import annotations

from pydantic import Field

from core.evaluation.domain_results import DomainComparison
from core.evaluation.limits import MAX_SOURCES, HeldOutLimits, Name
from core.evaluation.results import SubsetMetrics
from core.schema import Strict

MAX_SUBSETS = 200
MAX_RUNS = 10  # of one bundle


class HeldOutFold(Strict):
    """The source of which a network has seen no image: all of its test set."""

    column: str = Field(min_length=1, max_length=200)
    name: Name
    joined: tuple[Name, ...] = Field(
        (), max_length=MAX_SOURCES, description="values that the name stands for, if more than one"
    )


class HeldOutRun(Strict):
    """A finished run of ``cross-validate --hold-out``: its networks are not the bundle's own."""

    hold_out: str = Field(min_length=1, max_length=200, description="column of which each fold is one value")
    limits: HeldOutLimits
    subsets: tuple[SubsetMetrics, ...] = Field(
        (), max_length=MAX_SUBSETS, description="metrics by source and by known column"
    )
    domain: DomainComparison | None = Field(
        None, description="scores for images outside the training domain; None where none was compared"
    )
    created: str = Field(max_length=100)
    command: str = Field(max_length=10_000)
