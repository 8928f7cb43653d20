"""The request for one or several trainings, and the data and weights that were found for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.bundle.manifest import TrainingSpec
from core.data import splits
from core.data.groups import (
    NEAR_DUPLICATES_ONLY,
    PATIENT_IDS,
    assign_groups,
    has_conflicting_labels,
    join_patients,
    read_groups,
)
from core.data.index import build_index, describe_notes
from core.data.listing import without_images
from core.errors import UserError
from core.experiments import data_source
from core.experiments.starting_weights import find_weights
from core.schema import parse

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.data.provenance import DataSource, GivenSplit, Protocol
    from core.experiments.starting_weights import Weights
    from core.progress import Progress
    from core.recipe import Recipe

POSITIVE_CLASS = "malignant"


class Request(NamedTuple):
    """The user's request for one or several trainings.

    Attributes:
        data: name of the data, for ``core.experiments.data_source.resolve``.
        output: folder or file to write, which does not exist yet.
        recipe: recipe of the trainings, apart from its weights.
        weights: ``imagenet``, ``none``, a Keras file, or a bundle.
        groups: CSV file with patient ids, or None.
        positive_class: class of the operating point; None for ``malignant`` where there is such a class.
        seed: random seed of the split, the weights and the augmentation.
        resume: whether to continue the unfinished work in ``output`` + ``.partial``.
        command: command line, for the model card.
        split: CSV file with a published split, or None to draw one.
        tensorboard: folder for TensorBoard's event files, in a sub-folder named after the bundle; or None.
    """

    data: str
    output: Path
    recipe: Recipe
    weights: str
    groups: Path | None
    positive_class: str | None
    seed: int
    resume: bool
    command: str
    split: Path | None = None
    tensorboard: Path | None = None


@dataclass(frozen=True)
class Prepared:
    """A request with the data and weights that were found for it.

    Attributes:
        request: the user's request.
        folder: folder of the images.
        data: source of the images.
        index: index table, N rows.
        duplicate_groups: near-duplicate groups, int64 [N].
        groups: near-duplicate groups joined with patient ids where known, int64 [N]; ``clean`` splits none.
        weights: starting weights of every network.
    """

    request: Request
    folder: Path
    data: DataSource
    index: pd.DataFrame
    duplicate_groups: NDArray[np.int64]
    groups: NDArray[np.int64]
    weights: Weights

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in alphabetical order."""
        return tuple(sorted(set(self.index["class"])))

    @property
    def positive_class(self) -> str | None:
        """The class of the operating point, or None."""
        if self.request.positive_class is not None:
            return self.request.positive_class
        return POSITIVE_CLASS if POSITIVE_CLASS in self.class_names else None

    def split(self, name: Protocol, *, seed: int, fold: tuple[int, int] | None = None) -> pd.DataFrame:
        """Split the files as ``core.data.splits.split`` does."""
        return splits.split(
            self.index, self.groups, name, seed=seed, fold=fold, duplicate_groups=self.duplicate_groups
        )

    @property
    def conflicting(self) -> int:
        """Number of images with a near-duplicate of another class."""
        return int(has_conflicting_labels(self.index, self.duplicate_groups).sum())

    def spec(
        self, name: str, protocol_name: Protocol, *, seed: int, given_split: GivenSplit | None = None
    ) -> TrainingSpec:
        """Return the specification of the training of one bundle.

        Args:
            name: name of the bundle.
            protocol_name: protocol of the split.
            seed: random seed of the split, the weights and the augmentation.
            given_split: facts about a published split, or None.
        """
        fields = {
            "name": name,
            "command": self.request.command,
            "recipe": self.request.recipe.overridden(weights=self.weights.name),
            "protocol": protocol_name,
            "given_split": given_split,
            "grouping": PATIENT_IDS if self.data.patient_ids else NEAR_DUPLICATES_ONLY,
            "seed": seed,
            "class_names": self.class_names,
            "positive_class": self.positive_class,
            "data": self.data,
            "ancestry": self.weights.ancestry(),
        }
        return parse(TrainingSpec, fields, what="the training")

    def summary(self) -> str:
        """Return sentences: numbers of images and near-duplicates; empty folders; scaled images."""
        images, masks = (int((self.index["kind"] == kind).sum()) for kind in ("image", "mask"))
        sizes = pd.Series(self.groups[(self.index["kind"] == "image").to_numpy()]).value_counts()
        counts = (
            f"{self.data.name}: {images} images and {masks} masks of {self.index['class'].nunique()} "
            f"classes; {int(sizes[sizes > 1].sum())} images in {int((sizes > 1).sum())} groups of "
            f"{'near-duplicates or of one patient' if self.data.patient_ids else 'near-duplicates'}."
        )
        notes = (without_images(self.folder, self.class_names), describe_notes(self.index))
        return " ".join([counts, *(note for note in notes if note)])


def prepare(request: Request, progress: Progress) -> Prepared:
    """Read the images and find the starting weights.

    Raises:
        UserError: the data, the groups file, the positive class or the weights cannot be used.
    """
    found = data_source.resolve(request.data, progress)
    index = build_index(found.folder, lambda done, count: progress("Reading images", done, count))
    classes = sorted(set(index["class"]))
    if request.positive_class not in {None, *classes}:
        raise UserError(
            f"there is no class {request.positive_class!r}; choose the positive class from "
            f"{', '.join(classes)}."
        )
    patient_ids = read_groups(request.groups, index, (found.folder.name,)) if request.groups else None
    duplicate_groups = assign_groups(index)
    return Prepared(
        request=request,
        folder=found.folder,
        data=found.data.model_copy(update={"patient_ids": patient_ids is not None}),
        index=index,
        duplicate_groups=duplicate_groups,
        groups=duplicate_groups
        if patient_ids is None
        else join_patients(duplicate_groups, index, patient_ids),
        weights=find_weights(request.weights),
    )
