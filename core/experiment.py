"""From the data folder to finished bundles: what one training and many trainings share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core import dataset, hub, protocol, source
from core.bundle import read_csv, read_manifest
from core.dataset import read_picture
from core.errors import UserError
from core.images import fit
from core.manifest import SPLIT, WEIGHTS
from core.workspace import Job, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from core.manifest import DataSource, Manifest, Protocol
    from core.network import Network
    from core.pipeline import Progress
    from core.recipe import Recipe

POSITIVE_CLASS = "malignant"
_FEATURE_BATCH = 32

Say = "Callable[[str], None]"


class Request(NamedTuple):
    """What the user asks, whatever the number of trainings.

    Attributes:
        data: a folder with one sub-folder per class, its ZIP, or ``phantom``.
        output: the bundle, the folder or the file to write, which does not exist yet.
        recipe: apart from the weights.
        weights: ``imagenet``, ``none``, a Keras file, or a bundle.
        groups: a CSV file with patient ids, or None.
        seed: of everything random.
        resume: go on with what was begun in ``output`` + ``.partial``.
        command: the command line, for the model card.
    """

    data: str
    output: Path
    recipe: Recipe
    weights: str
    groups: Path | None
    seed: int
    resume: bool
    command: str


class Weights(NamedTuple):
    """What a base starts from.

    Attributes:
        file: ``imagenet``, ``none`` or a Keras file; ``none`` where a bundle is given.
        bundle: the folder of the bundle to start from, or None.
        name: to publish.
    """

    file: str
    bundle: Path | None
    name: str


class Experiment(NamedTuple):
    """A request whose data and weights were found.

    Attributes:
        request: what the user asks.
        folder: of the pictures.
        data: where they came from.
        index: the index table, one row per file.
        groups: int64 [N], of the files in the index; never parted by an honest split.
        weights: what every training starts from.
    """

    request: Request
    folder: Path
    data: DataSource
    index: pd.DataFrame
    groups: NDArray[np.int64]
    weights: Weights

    def split(self, name: Protocol, *, seed: int, fold: tuple[int, int] | None = None) -> pd.DataFrame:
        """Split the files as ``core.protocol.split`` does."""
        return protocol.split(self.index, self.groups, name, seed=seed, fold=fold)

    def job(self, name: str, protocol_name: Protocol, *, seed: int) -> Job:
        """Return what one training, whose bundle has this name, is asked to do."""
        classes = tuple(sorted(set(self.index["class"])))
        return Job(
            name=name,
            command=self.request.command,
            recipe=self.request.recipe.overridden(weights=self.weights.name),
            protocol=protocol_name,
            grouping=protocol.PATIENT_IDS if self.data.patient_ids else protocol.NEAR_COPIES_ONLY,
            seed=seed,
            class_names=classes,
            positive_class=POSITIVE_CLASS if POSITIVE_CLASS in classes else None,
            data=self.data,
        )


def work_folder(request: Request) -> Path:
    """Return the folder in which the work on an output begins or goes on: ``output`` + ``.partial``.

    Raises:
        UserError: the output exists, or the folder is there without ``resume``, or not there with it.
    """
    output = request.output
    if output.exists():
        raise UserError(f"{output} exists already; choose another --output, or remove it first.")
    folder = output.with_name(f"{output.name}.partial")
    if folder.exists() and not request.resume:
        raise UserError(f"{folder} holds unfinished work; add --resume to go on with it, or remove it.")
    if request.resume and not folder.exists():
        raise UserError(f"there is nothing to resume: {folder} holds no unfinished work.")
    return folder


def prepare(request: Request, progress: Progress) -> Experiment:
    """Read the data and find the weights.

    Raises:
        UserError: the data, the groups file or the weights cannot be used.
    """
    found = source.resolve(request.data, progress)
    index = dataset.index(found.folder, lambda done, count: progress("Reading pictures", done, count))
    patient_ids = protocol.read_groups(request.groups, index) if request.groups else None
    return Experiment(
        request=request,
        folder=found.folder,
        data=found.data.model_copy(update={"patient_ids": patient_ids is not None}),
        index=index,
        groups=protocol.assign_groups(index, patient_ids),
        weights=_weights(request.weights),
    )


def train(request: Request, protocol_name: Protocol, progress: Progress, say: Say) -> None:
    """Train a network and write its bundle.

    Args:
        request: what to do.
        protocol_name: which files take part and how they are split.
        progress: told of every step.
        say: called with each sentence the user should read before the training goes on.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    work_folder(request)
    experiment = prepare(request, progress)
    split = experiment.split(protocol_name, seed=request.seed)
    job = experiment.job(request.output.name, protocol_name, seed=request.seed)
    for sentence in [*describe_data(experiment), *describe_split(split, job)]:
        say(sentence)
    train_bundle(experiment, job, split, request.output, progress, say)


def train_bundle(
    experiment: Experiment, job: Job, split: pd.DataFrame, destination: Path, progress: Progress, say: Say
) -> Manifest:
    """Train one network of an experiment, or go on with it; a finished bundle is only checked.

    Args:
        experiment: holds the pictures and the weights.
        job: what to do.
        split: which files take which part.
        destination: the bundle's folder; the work is done in it + ``.partial``.
        progress: told of every step.
        say: called with each sentence the user should read.

    Raises:
        UserError: something else was begun there, or the network cannot be trained.
    """
    if destination.exists():
        manifest = read_manifest(destination)
        _check_same(destination, manifest, read_csv(destination / SPLIT), job, split)
        return manifest
    workspace = Workspace(destination.with_name(f"{destination.name}.partial"))
    if workspace.exists:
        _check_same(workspace.folder, workspace.job(), workspace.split(), job, split)
        say(f"Going on after epoch {len(workspace.history())} of {job.recipe.epochs}.")
    # Only now: a mistake above is told in a second, and TensorFlow alone takes ten to load.
    progress("Loading TensorFlow", 0, 1)
    from core import export, training  # noqa: PLC0415

    progress("Loading TensorFlow", 1, 1)
    model = training.start(job)
    kept_head = _load_weights(model, job.recipe, experiment.weights)
    if experiment.weights.bundle is not None:
        head = "and its head" if kept_head else "; the head is new"
        say(f"Starting from {experiment.weights.name}: its base{' ' if kept_head else ''}{head}.")
    if not workspace.exists:
        workspace.begin(job, split)
    training.run(workspace, model, experiment.folder, progress)
    export.export(workspace, experiment.folder, destination, progress)
    return read_manifest(destination)


def frozen_features(experiment: Experiment, cache: Path, progress: Progress) -> NDArray[np.float32]:
    """Compute what the recipe's base, as it starts, makes of every file, masks included.

    Args:
        experiment: its recipe decides backbone, preprocessing and scaling.
        cache: a .npy file that keeps the rows computed so far, for a run that goes on after a kill.
        progress: told of every step.

    Returns:
        The spatial mean of the last feature map, float32 [N, K], in the order of the index.
    """
    progress("Loading TensorFlow", 0, 1)
    from core import network  # noqa: PLC0415

    progress("Loading TensorFlow", 1, 1)
    recipe = experiment.request.recipe.overridden(fine_tune="none", precision="float32", head="average")
    import keras

    model = network.build(recipe, class_count=1)
    _load_weights(model, recipe, experiment.weights)
    raise NotImplementedError
