"""One recipe under the three protocols: the effect of each leak, in numbers and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, computed_field, model_validator

from core.backbone_names import BackboneName
from core.data.provenance import PROTOCOLS, Protocol
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import class_indices
from core.evaluation.repeated_splits import INTERVAL, RepeatedMetric, difference, summarise
from core.evaluation.results import ExperimentReport
from core.images.preprocessing import Preprocessing
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from core.evaluation.results import Interval

PAIRS: tuple[tuple[Protocol, Protocol], ...] = (("naive", "clean"), ("paper", "naive"), ("paper", "clean"))
METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "sensitivity")
# One kind of test file may lack a class; then the other metrics cannot be compared.
METRICS_OF_KINDS = ("accuracy", "sensitivity")
# As reports store them; KIND_NAMES has the words to show.
MASKS, NORMAL_MASKS, DUPLICATES, UNIQUE = KINDS = (
    "masks",
    "masks of normal images",
    "pictures with a copy in training",
    "pictures without a copy in training",
)
KIND_NAMES = {
    MASKS: "segmentation masks",
    NORMAL_MASKS: "segmentation masks of normal images",
    DUPLICATES: "images with a near-duplicate in training",
    UNIQUE: "images without a near-duplicate in training",
}
_NORMAL = "normal"


class FeatureRecipe(Strict):
    """The fields of a recipe that decide the frozen features of its base."""

    backbone: BackboneName
    weights: str
    preprocessing: Preprocessing
    input_scaling: str


class ComparisonSetup(ExperimentReport):
    """What was compared, and on which data."""

    mode: str = Field(description="the whole network, or the linear head on frozen features")
    images: int = Field(gt=0)
    masks: int = Field(ge=0)
    recipe: FeatureRecipe | Recipe
    repeats: int = Field(gt=0)
    command: str


class ProtocolResult(Strict):
    """Metrics under one protocol, and the mean sizes of its training and test sets."""

    train: float = Field(gt=0)
    test: float = Field(gt=0)
    metrics: dict[str, RepeatedMetric | None] = Field(alias="figures", description="by name, see METRICS")


class KindResult(Strict):
    """Metrics of one kind of file in the paper protocol's test set, and the mean number of these files."""

    files: float = Field(ge=0, alias="pictures")
    metrics: dict[str, RepeatedMetric | None] = Field(alias="figures", description="see METRICS_OF_KINDS")


class ProtocolDifference(Strict):
    """Metrics under one protocol minus those under another, paired by seed."""

    minuend: Protocol
    subtrahend: Protocol
    metrics: dict[str, RepeatedMetric] = Field(alias="figures")


class ProtocolComparison(ComparisonSetup):
    """One recipe under the three protocols, as ``train_cli.py compare`` writes it."""

    protocols: dict[Protocol, ProtocolResult]
    differences: tuple[ProtocolDifference, ...]
    paper_test_set: dict[str, KindResult] = Field(alias="paper_test_part", description="by KINDS")
    interval: str = Field(description="how the intervals were computed")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sentences(self) -> tuple[str, ...]:
        """Effect of each leak on accuracy, in points."""
        return (*map(self._leak, self.differences), self._kinds())

    @model_validator(mode="before")
    @classmethod
    def _sentences_follow_from_the_numbers(cls, data: Any) -> Any:
        # Files of earlier versions phrase them differently.
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if key != "sentences"}

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not set(PROTOCOLS) <= set(self.protocols) or not set(KINDS) <= set(self.paper_test_set):
            raise ValueError("a protocol or a kind of test file is missing")
        return self

    def _leak(self, pair: ProtocolDifference) -> str:
        masks = self.paper_test_set[MASKS].metrics["accuracy"]
        leak = {
            ("naive", "clean"): "Near-duplicates of training images in the test set (naive minus clean)",
            ("paper", "naive"): "Masks used as images, and the paper's split (paper minus naive)"
            if masks
            else "The paper's split (paper minus naive; these data have no masks)",
            ("paper", "clean"): "Both together (paper minus clean)",
        }[pair.minuend, pair.subtrahend]
        gap = pair.metrics["accuracy"]
        return (
            f"{leak}: {100 * gap.mean:+.1f} points of accuracy (95 % confidence interval "
            f"{100 * gap.low:+.1f} to "
            f"{100 * gap.high:+.1f}){'; not distinguishable from zero' if gap.low <= 0 <= gap.high else ''}."
        )

    def _kinds(self) -> str:
        shares = [
            f"{metric.mean:.1%} of the {KIND_NAMES[kind]}"
            for kind in KINDS
            if (metric := self.paper_test_set[kind].metrics["accuracy"]) is not None
        ]
        return f"Correctly classified in the paper protocol's test set: {', '.join(shares)}."


class SplitResult(NamedTuple):
    """Metrics of some test images of one split.

    Attributes:
        images: number of these images.
        trained: number of training images.
        metrics: by the names of ``METRICS``, with the interval of this one test set; None where a metric
            does not apply. ``sensitivity`` is that of the positive class.
    """

    images: int
    trained: int
    metrics: dict[str, Interval | None]


def measure(
    split: pd.DataFrame,
    probabilities: NDArray[np.float64],
    rows: NDArray[np.bool_],
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    seed: int,
) -> SplitResult:
    """Compute the metrics of some of a split's test images.

    Args:
        split: split table whose test set has M rows.
        probabilities: predictions for the test set, float [M, C].
        rows: which rows of the test set to measure, bool [M].
        class_names: the C classes.
        positive_class: class whose sensitivity is measured, or None.
        seed: random seed of the intervals.
    """
    trained = int((split["set"] == "train").sum())
    if not rows.any():
        return SplitResult(0, trained, dict.fromkeys(METRICS))
    table = split[split["set"] == "test"][rows]
    found = evaluate(
        class_indices(table["class"], class_names),
        probabilities[rows],
        table["group"],
        class_names=class_names,
        positive_class=positive_class,
        threshold=None,
        seed=seed,
    )
    metrics: dict[str, Interval | None] = {
        "accuracy": found.accuracy,
        "balanced_accuracy": found.balanced_accuracy,
        "macro_f1": found.macro_f1,
        "auc": found.auc,
        "sensitivity": found.per_class[positive_class].sensitivity if positive_class else None,
    }
    return SplitResult(len(table), trained, metrics)


def kinds_of_test_files(split: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return which rows of a split's test set belong to each of ``KINDS``, bool [M] each.

    Near-duplicates are what ``groups.assign_groups`` puts together: with patient ids, also images of one
    patient. Masks of normal images are among the masks too.
    """
    images = split["kind"] == "image"
    in_training = split.loc[images & (split["set"] == "train"), "group"]
    test = split[split["set"] == "test"]
    mask = (test["kind"] == "mask").to_numpy()
    duplicate = test["group"].isin(in_training).to_numpy()
    normal = (test["class"] == _NORMAL).to_numpy()
    return {
        MASKS: mask,
        NORMAL_MASKS: mask & normal,
        DUPLICATES: ~mask & duplicate,
        UNIQUE: ~mask & ~duplicate,
    }


def summarise_comparison(
    setup: ComparisonSetup,
    measured: Mapping[Protocol, Sequence[SplitResult]],
    kinds: Mapping[str, Sequence[SplitResult]],
) -> ProtocolComparison:
    """Summarise all repeats.

    Args:
        setup: what was compared.
        measured: R repeats of each protocol, with the same seeds in the same order.
        kinds: each kind of file in the paper protocol's test set, in each repeat.
    """
    ratios = {name: _ratio(repeats) for name, repeats in measured.items()}
    protocols = {
        name: ProtocolResult(
            train=_mean_size(repeats, "trained"),
            test=_mean_size(repeats, "images"),
            metrics=_summaries(repeats, METRICS, ratios[name]),
        )
        for name, repeats in measured.items()
    }
    return ProtocolComparison(
        **dict(setup),
        protocols=protocols,
        differences=tuple(
            ProtocolDifference(
                minuend=minuend,
                subtrahend=subtrahend,
                metrics={
                    name: difference(value, other, max(ratios[minuend], ratios[subtrahend]))
                    for name in METRICS
                    if (value := protocols[minuend].metrics[name])
                    and (other := protocols[subtrahend].metrics[name])
                },
            )
            for minuend, subtrahend in PAIRS
        ),
        paper_test_set={
            kind: KindResult(
                files=_mean_size(repeats, "images"),
                # Two splits have the same fraction of a kind's files in common as of all files.
                metrics=_summaries(repeats, METRICS_OF_KINDS, ratios["paper"]),
            )
            for kind, repeats in kinds.items()
        },
        interval=INTERVAL,
    )


def _summaries(
    repeats: Sequence[SplitResult], names: Sequence[str], ratio: float
) -> dict[str, RepeatedMetric | None]:
    return {name: summarise([repeat.metrics[name] for repeat in repeats], ratio) for name in names}


def _mean_size(repeats: Sequence[SplitResult], size: str) -> float:
    return float(np.mean([getattr(repeat, size) for repeat in repeats]))


def _ratio(repeats: Sequence[SplitResult]) -> float:
    return _mean_size(repeats, "images") / _mean_size(repeats, "trained")
