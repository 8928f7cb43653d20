"""What a user asks of one training or of many, and the data and weights that were found for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.bundle.manifest import WEIGHTS, TrainingSpec
from core.data import splits
from core.data.groups import (
    NEAR_DUPLICATES_ONLY,
    PATIENT_IDS,
    assign_groups,
    has_conflicting_labels,
    join_patients,
    read_groups,
)
from core.data.index import build_index
from core.errors import UserError
from core.experiments import data_source
from core.hub.pull import pull
from core.schema import parse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.data.provenance import DataSource, GivenSplit, Protocol
    from core.progress import Progress
    from core.recipe import Recipe
POSITIVE_CLASS = "malignant"


class Request(NamedTuple):
    """What the user asks, whatever the number of trainings.

    Attributes:
        data: as ``core.experiments.data_source.resolve`` takes it.
        output: the folder or file to write, which does not exist yet.
        recipe: apart from the weights.
        weights: ``imagenet``, ``none``, a Keras file, or a bundle.
        groups: a CSV file with patient ids, or None.
        positive_class: of the operating point; None for ``malignant`` where there is such a class.
        seed: of everything random.
        resume: go on with what was begun in ``output`` + ``.partial``.
        command: the command line, for the model card.
        split: a CSV file with a published split, or None to draw one.
        tensorboard: a folder for TensorBoard's event files, in a sub-folder named as the bundle; or None.
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


class Weights(NamedTuple):
    """What every network starts from.

    Attributes:
        base: ``imagenet``, ``none`` or a Keras file; ``none`` where a bundle is given.
        bundle: the folder of a bundle to start from, or None.
        name: to publish.
    """

    base: str
    bundle: Path | None
    name: str


NO_WEIGHTS = Weights("none", None, "none")


@dataclass(frozen=True)
class Prepared:
    """A request whose data and weights were found.

    Attributes:
        request: what the user asks.
        folder: of the images.
        data: where they came from.
        index: the index table, N rows.
        copies: int64 [N], groups of near-duplicates.
        groups: int64 [N], the same joined with the patient ids, if there are any: never parted.
        weights: what every network starts from.
    """

    request: Request
    folder: Path
    data: DataSource
    index: pd.DataFrame
    copies: NDArray[np.int64]
    groups: NDArray[np.int64]
    weights: Weights

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in alphabetical order."""
        return tuple(sorted(set(self.index["class"])))

    @property
    def positive_class(self) -> str | None:
        """The class of the operating point, if there is one."""
        if self.request.positive_class is not None:
            return self.request.positive_class
        return POSITIVE_CLASS if POSITIVE_CLASS in self.class_names else None

    def split(self, name: Protocol, *, seed: int, fold: tuple[int, int] | None = None) -> pd.DataFrame:
        """Split the files as ``core.data.splits.split`` does."""
        return splits.split(self.index, self.groups, name, seed=seed, fold=fold, duplicate_groups=self.copies)

    @property
    def conflicting(self) -> int:
        """How many images have a near-duplicate of another class."""
        return int(has_conflicting_labels(self.index, self.copies).sum())

    def spec(
        self, name: str, protocol_name: Protocol, *, seed: int, given_split: GivenSplit | None = None
    ) -> TrainingSpec:
        """Return what the training of the bundle with this name is asked to do."""
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
        }
        return parse(TrainingSpec, fields, what="the training")

    def summary(self) -> str:
        """Return a sentence on the images and their near-duplicates."""
        images, masks = (int((self.index["kind"] == kind).sum()) for kind in ("image", "mask"))
        sizes = pd.Series(self.groups[(self.index["kind"] == "image").to_numpy()]).value_counts()
        return (
            f"{self.data.name}: {images} images and {masks} masks of {self.index['class'].nunique()} "
            f"classes; {int(sizes[sizes > 1].sum())} images in {int((sizes > 1).sum())} groups of "
            f"{'near-duplicates or one patient' if self.data.patient_ids else 'near-duplicates'}."
        )


def work_folder(request: Request) -> Path:
    """Return the folder in which the work begins or goes on: ``output`` + ``.partial``.

    Raises:
        UserError: the output exists, or the folder does without ``resume``, or does not with it.
    """
    output = request.output
    if output.exists() and request.resume:
        raise UserError(f"there is nothing to resume: {output} is finished.")
    if output.exists():
        raise UserError(f"{output} exists already; choose another --output, or remove it first.")
    folder = output.with_name(f"{output.name}.partial")
    if folder.exists() and not request.resume:
        raise UserError(f"{folder} holds unfinished work; add --resume to go on with it, or remove it.")
    if request.resume and not folder.exists():
        raise UserError(f"there is nothing to resume: {folder} holds no unfinished work.")
    return folder


def prepare(request: Request, progress: Progress) -> Prepared:
    """Read the images and find the weights.

    Raises:
        UserError: the data, the groups file, the positive class or the weights cannot be used.
    """
    found = data_source.resolve(request.data, progress)
    index = build_index(found.folder, lambda done, count: progress("Reading images", done, count))
    classes = sorted(set(index["class"]))
    if request.positive_class not in {None, *classes}:
        raise UserError(
            f"there is no class {request.positive_class!r} to be positive; there are {', '.join(classes)}."
        )
    patient_ids = read_groups(request.groups, index) if request.groups else None
    copies = assign_groups(index)
    return Prepared(
        request=request,
        folder=found.folder,
        data=found.data.model_copy(update={"patient_ids": patient_ids is not None}),
        index=index,
        copies=copies,
        groups=copies if patient_ids is None else join_patients(copies, index, patient_ids),
        weights=_weights(request.weights),
    )


def _weights(weights: str) -> Weights:
    path = Path(weights).expanduser()
    if weights in {"imagenet", "none"}:
        return Weights(weights, None, weights)
    if path.is_file():
        # The folder a file lies in is nobody's business.
        return Weights(str(path), None, path.name)
    if path.suffix == ".h5":
        raise UserError(
            f"the weights file {weights} does not exist; check its path, or give imagenet or none."
        )
    pulled = pull(weights, with_weights=True)
    if not (pulled.folder / WEIGHTS).is_file():
        raise UserError(f"{weights} was published without {WEIGHTS}, so it cannot be trained further.")
    repository = pulled.name.repository
    name = pulled.folder.name if repository is None else f"{repository.name}@{pulled.commit}"
    return Weights("none", pulled.folder, name)
