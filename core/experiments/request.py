"""The request for one or several trainings, and the data and weights that were found for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from core.bundle.manifest import TrainingSpec
from core.data import folds, splits
from core.data.class_names import key_of
from core.data.duplicates import search
from core.data.groups import (
    NEAR_DUPLICATES_ONLY,
    PATIENT_IDS,
    assign_groups,
    has_conflicting_labels,
    join_patients,
)
from core.data.index import build_index, describe_notes
from core.data.patients import find_patients
from core.data.plausibility import check_groups
from core.data.provenance import combine
from core.data.published_split import describe_own_split
from core.errors import UserError
from core.experiments import data_source
from core.experiments.starting_weights import find_weights
from core.schema import parse
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.held_out_run import HeldOutFold, HeldOutRun
    from core.data.data_set import ImageFolders
    from core.data.folds import Fold
    from core.data.plausibility import ImplausibleGroups
    from core.data.provenance import DataSource, GivenSplit, Protocol
    from core.data.published_split import SplitFile
    from core.data.shared_frames import SharedFrame
    from core.experiments.data_source import DataRequest
    from core.experiments.starting_weights import Weights
    from core.progress import Progress
    from core.recipe import Recipe

POSITIVE_CLASS = "malignant"
_IN_WORDS = {NEAR_DUPLICATES_ONLY: "near-duplicates", PATIENT_IDS: "near-duplicates or of one patient"}


class Request(NamedTuple):
    """The user's request for one or several trainings.

    Attributes:
        data: names of the data sets, and how to read them.
        output: folder or file to write, which does not exist yet.
        recipe: recipe of the trainings, apart from its weights.
        weights: ``imagenet``, ``none``, a Keras file, or a bundle.
        positive_class: class of the operating point; None for ``malignant`` where there is such a class.
        seed: random seed of the split, the weights and the augmentation.
        resume: whether to continue the unfinished work in ``output`` + ``.partial``.
        command: command line, for the model card.
        split: tables with a published split, ``own`` for the data set's own, or empty to draw one.
        tensorboard: folder for TensorBoard's event files, in a sub-folder named after the bundle; or None.
        limits: folders of finished runs with held-out sources, whose limits the bundle takes.
    """

    data: DataRequest
    output: Path
    recipe: Recipe
    weights: str
    positive_class: str | None
    seed: int
    resume: bool
    command: str
    split: tuple[Path, ...] | Literal["own"] = ()
    tensorboard: Path | None = None
    limits: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A request with the data and weights that were found for it.

    Attributes:
        request: the user's request.
        folders: folders of the images.
        data: source of the images.
        grouping: files that are kept in one set.
        index: index table, N rows.
        left_out: files of the data that do not take part.
        remarks: sentences on how the data were read and on what was left out.
        duplicate_groups: near-duplicate groups, int64 [N].
        groups: near-duplicate groups joined with patient ids where known, int64 [N]; ``clean`` splits none.
        implausible_groups: numbers of near-duplicates that look wrong; None where they are plausible.
        weights: starting weights of every network.
        shared_frames: frames that images share, those of the weights' bundle included.
    """

    request: Request
    folders: ImageFolders
    data: DataSource
    grouping: str
    index: pd.DataFrame
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]
    duplicate_groups: NDArray[np.int64]
    groups: NDArray[np.int64]
    implausible_groups: ImplausibleGroups | None
    weights: Weights
    shared_frames: tuple[SharedFrame, ...]

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in alphabetical order."""
        return tuple(sorted(set(self.index["class"])))

    @property
    def positive_class(self) -> str | None:
        """The class of the operating point, or None."""
        wanted = key_of(self.request.positive_class or POSITIVE_CLASS)
        return next((name for name in self.class_names if key_of(name) == wanted), None)

    def split(self, name: Protocol, *, seed: int, fold: tuple[int, int] | None = None) -> pd.DataFrame:
        """Split the files as ``core.data.splits.split`` does."""
        return splits.split(
            self.index, self.groups, name, seed=seed, fold=fold, duplicate_groups=self.duplicate_groups
        )

    def published_folds(self, files: Sequence[SplitFile]) -> list[Fold]:
        """Return the folds that tables list, as ``core.data.folds.as_published`` does."""
        return folds.as_published(
            files,
            self.index,
            self.groups,
            seed=self.request.seed,
            folder_names=self.folders.names,
            left_out=self.left_out,
        )

    @property
    def conflicting(self) -> int:
        """Number of images with a near-duplicate of another class."""
        return int(has_conflicting_labels(self.index, self.duplicate_groups).sum())

    def spec(
        self,
        name: str,
        protocol_name: Protocol,
        *,
        seed: int,
        given_split: GivenSplit | None = None,
        class_names: tuple[str, ...] | None = None,
        held_out: tuple[HeldOutRun, ...] = (),
        held_out_fold: HeldOutFold | None = None,
    ) -> TrainingSpec:
        """Return the specification of the training of one bundle.

        Args:
            name: name of the bundle.
            protocol_name: protocol of the split.
            seed: random seed of the split, the weights and the augmentation.
            given_split: facts about a published split, or None.
            class_names: classes of the network; None for all.
            held_out: runs that the limits come from.
            held_out_fold: source that is tested and not trained on, or None.
        """
        names = self.class_names if class_names is None else class_names
        fields = {
            "name": name,
            "command": self.request.command,
            "recipe": self.request.recipe.overridden(weights=self.weights.name),
            "protocol": protocol_name,
            "given_split": given_split,
            "grouping": self.grouping,
            "seed": seed,
            "class_names": names,
            "positive_class": self.positive_class if self.positive_class in names else None,
            "data": self.data,
            "ancestry": self.weights.ancestry(),
            "shared_frames": self.shared_frames,
            "near_duplicate_search": search.VERSION,
            "implausible_groups": self.implausible_groups,
            "held_out": held_out,
            "held_out_fold": held_out_fold,
        }
        return parse(TrainingSpec, fields, what="the training")

    def summary(self) -> str:
        """Return sentences: numbers of images and near-duplicates, and how the data were read."""
        images, masks = (int((self.index["kind"] == kind).sum()) for kind in ("image", "mask"))
        sizes = pd.Series(self.groups[(self.index["kind"] == "image").to_numpy()]).value_counts()
        counts = (
            f"{self.data.name}: {images} images and {masks} masks of {self.index['class'].nunique()} "
            f"classes; {int(sizes[sizes > 1].sum())} images in {int((sizes > 1).sum())} groups of "
            f"{_IN_WORDS.get(self.grouping, self.grouping)}."
        )
        return "\n".join([counts, *self.remarks])


def prepare(request: Request, progress: Progress) -> Prepared:
    """Read the images and find the starting weights.

    Raises:
        UserError: the data, the groups file, the positive class or the weights cannot be used.
    """
    weights = find_weights(request.weights)
    data = data_source.resolve(request.data, progress)
    index = build_index(
        data,
        lambda done, count: progress("Reading images", done, count),
        allow_missing=request.data.allow_missing,
        frames=weights.shared_frames,
        processes=usable_cores(),
    )
    classes = sorted(set(index.table["class"]))
    wanted = request.positive_class
    if wanted is not None and key_of(wanted) not in map(key_of, classes):
        raise UserError(
            f"there is no class {request.positive_class!r}; choose the positive class from "
            f"{', '.join(classes)}."
        )
    patients = find_patients(data, index.table, request.data.groups)
    table = index.table.assign(patient=patients.ids)
    duplicate_groups = assign_groups(table)
    plausibility = check_groups(table.assign(group=duplicate_groups))
    notes = (patients.remark, describe_own_split(table, used=request.split == "own"), describe_notes(table))
    return Prepared(
        request=request,
        folders=data.folders,
        data=combine(patients.sources),
        grouping=patients.grouping,
        index=table,
        left_out=tuple(index.left_out["file"]),
        remarks=(
            *data.remarks,
            *index.remarks,
            *filter(None, notes),
            *(f"Warning: {warning}" for warning in plausibility.warnings),
        ),
        duplicate_groups=duplicate_groups,
        groups=join_patients(duplicate_groups, table),
        weights=weights,
        shared_frames=index.shared_frames,
        implausible_groups=plausibility.implausible,
    )
