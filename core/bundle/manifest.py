"""The content of ``bundle.json``: training spec, metrics, decision thresholds and list of files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.bundle.held_out_run import MAX_RUNS, MAX_SUBSETS, HeldOutFold, HeldOutRun
from core.data.plausibility import ImplausibleGroups
from core.data.provenance import GivenSplit, Protocol
from core.data.shared_frames import MAX_FRAMES, SharedFrame
from core.evaluation.domain_results import DomainScoreName, FlagRate
from core.evaluation.limits import LimitCheck
from core.evaluation.neighbours import NeighbourAgreement
from core.evaluation.predictions import class_indices
from core.evaluation.results import ExperimentSetup, Metrics, Share, SubsetMetrics
from core.recipe import Recipe
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SCHEMA_VERSION: Literal[2] = 2
MANIFEST = "bundle.json"
CARD = "README.md"
MODEL = "model.onnx"
EMBEDDINGS = "embeddings.npy"
EMBEDDED = "embeddings.csv"
EARLIER_EMBEDDINGS = "training_embeddings.npy"  # of training images alone, without a table
HISTORY = "history.csv"
VALIDATION = "validation_by_epoch.parquet"
TEST_SET = "test_set.parquet"
TEST_IMAGES = "test_images.parquet"
OUT_OF_FOLD = "out_of_fold.parquet"
SPLIT = "split.csv"
ANCESTORS = "ancestor_images.csv"
STATISTICS = "training_statistics.npy"
WEIGHTS = "model.weights.h5"

REQUIRED = (MODEL, HISTORY, VALIDATION, TEST_SET, SPLIT)
# Listed in the manifest where they were written; a bundle is complete without the optional ones.
CONDITIONAL = (EMBEDDINGS, EMBEDDED, EARLIER_EMBEDDINGS, ANCESTORS, STATISTICS)
OPTIONAL = (TEST_IMAGES, OUT_OF_FOLD, WEIGHTS)
FILES = (*REQUIRED, *CONDITIONAL, *OPTIONAL)
Count = Annotated[int, Field(ge=0, le=1_000_000)]
TrainingPrecision = Literal["float32", "bfloat16"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
WeightsName = Annotated[str, Field(min_length=1, max_length=255)]


class FileEntry(Strict):
    """Size in bytes and SHA-256 of one file of the bundle."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class DomainLimit(Strict):
    """A distance to the training images, and its largest value that is not out of distribution."""

    score: DomainScoreName = Field(
        description="nearest and mahalanobis: of the embedding; statistics: of grey values, colours, texture"
    )
    threshold: float = Field(ge=0)
    factor: float = Field(
        ge=1, description="threshold over the distance that a share of the validation images do not exceed"
    )
    level: Share = Field(description="that share")

    @property
    def rule(self) -> str:
        """How the threshold was chosen, as a noun phrase."""
        times = "" if self.factor == 1 else f"{self.factor:g} times "
        return f"{times}the distance that {100 * self.level:.0f} % of the validation images do not exceed"


class Decision(Strict):
    """Calibration and decision thresholds, chosen on the validation set or on held-out sources."""

    temperature: float = Field(
        gt=0, description="temperature of the softmax, for information: the graph contains it"
    )
    operating_threshold: float | None = Field(ge=0, le=1, description="probability of the positive class")
    operating_rule: str
    conformal_threshold: float = Field(
        ge=0, le=1, description="1 minus the least probability of a class in the conformal set"
    )
    conformal_thresholds: dict[str, Share] | None = Field(
        None,
        description="the same by class, where each class has its own or shares one with other small classes; "
        "None where all share ``conformal_threshold``, as in version 1",
    )
    distance_threshold: float = Field(
        ge=0,
        le=2,
        description="cosine distance to the nearest training image that 99 % of the validation images are "
        "below; the limit where ``domain`` is empty",
    )
    domain: tuple[DomainLimit, ...] = Field(
        (),
        exclude_if=lambda limits: not limits,
        max_length=3,
        description="an image above any of these is out of distribution; empty in earlier bundles",
    )
    embedding_scale: float = Field(
        gt=0, description="factor from the stored embeddings to the network's embeddings"
    )

    @property
    def domain_limits(self) -> tuple[DomainLimit, ...]:
        """The limits of the training domain; that of earlier versions where there are no others."""
        earlier = DomainLimit(score="nearest", threshold=self.distance_threshold, factor=1, level=0.99)
        return self.domain or (earlier,)

    def conformal_threshold_of(self, class_name: str) -> float:
        """Return the conformal threshold of a class, 0-1."""
        by_class = self.conformal_thresholds
        return self.conformal_threshold if by_class is None else by_class[class_name]

    def conformal_thresholds_of(self, class_names: Sequence[str]) -> list[float]:
        """Return the conformal thresholds of classes in their order, 0-1."""
        return [self.conformal_threshold_of(name) for name in class_names]


class Ancestry(Strict):
    """What the starting weights were trained on before this training, through all earlier trainings."""

    models: tuple[WeightsName, ...] = Field(
        max_length=1000, description="bundles that the weights come from, the latest first"
    )
    images: Count = Field(description=f"their training and validation images, listed in {ANCESTORS}")
    unknown: tuple[WeightsName, ...] = Field(
        max_length=1000, description="weights among them whose training images are not known"
    )


NO_ANCESTORS = Ancestry(models=(), images=0, unknown=())


class TrainingSpec(ExperimentSetup):
    """A training as it was requested; with the split table, all that resuming it needs."""

    schema_version: Literal[2] = SCHEMA_VERSION
    name: Name
    command: str
    recipe: Recipe
    protocol: Protocol
    given_split: GivenSplit | None = Field(
        None, description="split read from a file; none where it was drawn"
    )
    ancestry: Ancestry
    shared_frames: tuple[SharedFrame, ...] = Field(
        default=(),
        max_length=MAX_FRAMES,
        exclude_if=lambda frames: not frames,
        description="frames that training images share; they do not count in fingerprints",
    )
    near_duplicate_search: Literal[1, 2] = Field(
        1,
        description="version of the search that grouped the images; 1 found hardly any mirrored, turned or "
        "framed near-duplicates",
    )
    implausible_groups: ImplausibleGroups | None = Field(
        None,
        exclude_if=lambda groups: groups is None,
        description="numbers of near-duplicates that look wrong; left out where they are plausible",
    )
    held_out_fold: HeldOutFold | None = Field(
        None,
        exclude_if=lambda fold: fold is None,
        description="source that this network was tested on and not trained on; None where both sets are of "
        "the same sources",
    )
    held_out: tuple[HeldOutRun, ...] = Field(
        default=(),
        max_length=MAX_RUNS,
        exclude_if=lambda runs: not runs,
        description="runs with held-out sources of the same recipe and data; the first gives temperature, "
        "operating threshold and conformal thresholds; empty where they were chosen at home only",
    )
    precision: TrainingPrecision | None = Field(
        None, description="precision of the training, which auto leaves to the machine; None before it begins"
    )

    @property
    def validation_augmentation(self) -> Augmentation:
        """Augmentation of validation images, which only the paper's protocol has."""
        return self.recipe.augmentation if self.protocol == "paper" else AUGMENTATIONS["none"]

    def labels(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return the class of N rows of a split table as indices into the class names, int64 [N]."""
        return class_indices(rows["class"], self.class_names)


class Manifest(TrainingSpec):
    """The content of ``bundle.json``."""

    precision: TrainingPrecision
    counts: dict[str, dict[str, Count]] = Field(description="number of images by set and class")
    best_epoch: int = Field(ge=1)
    soft_labels: str | None = Field(None, description="file of soft labels, which earlier versions supported")
    parameters: int = Field(ge=0, description="number of parameters")
    created: str
    versions: dict[str, str]
    metrics: Metrics
    subsets: tuple[SubsetMetrics, ...] = Field(
        default=(),
        max_length=MAX_SUBSETS,
        exclude_if=lambda subsets: not subsets,
        description="metrics of the test images of each source, machine, BI-RADS category and lesion size",
    )
    decision: Decision
    at_home: LimitCheck | None = Field(
        None, description="the limits on the test set; None in earlier bundles"
    )
    flagged_at_home: FlagRate | None = Field(
        None,
        exclude_if=lambda flagged: flagged is None,
        description="images of the test set beyond ``decision.domain_limit``; None in earlier bundles",
    )
    neighbours: NeighbourAgreement | None = Field(
        None,
        exclude_if=lambda found: found is None,
        description="how often the nearest image by embedding has the same class; None in earlier bundles",
    )
    files: dict[str, FileEntry]

    @model_validator(mode="after")
    def _limits_fit_the_classes(self) -> Manifest:
        named = {name for run in self.held_out for name in run.limits.limits.conformal_thresholds}
        checks = [source.as_predicted for run in self.held_out for source in run.limits.sources]
        checks += [] if self.at_home is None else [self.at_home]
        named |= {name for check in checks for name in check.coverage_by_class}
        if unknown := named - set(self.class_names):
            raise ValueError(f"its limits name the unknown class {min(unknown)!r}")
        return self

    @model_validator(mode="after")
    def _is_consistent(self) -> Manifest:
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError("a class is named twice")
        if self.positive_class is not None and self.positive_class not in self.class_names:
            raise ValueError(f"the positive class {self.positive_class!r} is not among the classes")
        unknown = set(self.files) - set(FILES)
        if unknown:
            raise ValueError(f"it lists the unknown file {min(unknown)!r}")
        missing = set(REQUIRED) - set(self.files)
        if missing:
            raise ValueError(f"it does not list {min(missing)}")
        if (self.ancestry.images > 0) != (ANCESTORS in self.files):
            raise ValueError(
                f"{ANCESTORS} is listed where, and only where, its weights have seen images before"
            )
        count, matrix = len(self.class_names), self.metrics.confusion_matrix
        if [len(row) for row in matrix] != [count] * count:
            raise ValueError("the confusion matrix does not fit the classes")
        if set(self.metrics.per_class) != set(self.class_names):
            raise ValueError("the metrics per class do not fit the classes")
        by_class = self.decision.conformal_thresholds
        if by_class is not None and set(by_class) != set(self.class_names):
            raise ValueError("the conformal thresholds do not fit the classes")
        if self.best_epoch > self.recipe.epochs:
            raise ValueError(f"the best epoch, {self.best_epoch}, is past the last, {self.recipe.epochs}")
        return self

    @model_validator(mode="after")
    def _has_what_its_limits_need(self) -> Manifest:
        embeddings = {EMBEDDINGS, EMBEDDED, EARLIER_EMBEDDINGS} & set(self.files)
        if embeddings not in ({EMBEDDINGS, EMBEDDED}, {EARLIER_EMBEDDINGS}):
            raise ValueError(f"it does not list {EMBEDDINGS} with {EMBEDDED}, or {EARLIER_EMBEDDINGS} alone")
        if any(limit.score == "statistics" for limit in self.decision.domain) != (STATISTICS in self.files):
            raise ValueError(f"{STATISTICS} is listed where, and only where, a limit needs it")
        return self

    @property
    def image_count(self) -> int:
        """Number of images in all sets."""
        return sum(count for by_class in self.counts.values() for count in by_class.values())

    def without(self, names: Iterable[str]) -> Manifest:
        """Return a copy that does not list these files."""
        left_out = set(names)
        return self.model_copy(
            update={"files": {name: entry for name, entry in self.files.items() if name not in left_out}}
        )

    def to_json(self) -> str:
        """Return the text of ``bundle.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
