"""A training from the data folder to the finished bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core import dataset, hub, protocol, source
from core.bundle import read_manifest
from core.errors import UserError
from core.manifest import WEIGHTS
from core.workspace import Job, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from core.manifest import Protocol
    from core.pipeline import Progress
    from core.recipe import Recipe

POSITIVE_CLASS = "malignant"


class Request(NamedTuple):
    """What the user asks of a training.

    Attributes:
        data: a folder with one sub-folder per class, or ``phantom``.
        output: the bundle's folder, which does not exist yet.
        recipe: apart from the weights.
        weights: ``imagenet``, ``none``, a Keras file, or a bundle.
        protocol: which files take part and how they are split.
        groups: a CSV file with patient ids, or None.
        seed: of everything random.
        resume: go on with what was begun in ``output`` + ``.partial``.
        command: the command line, for the model card.
    """

    data: str
    output: Path
    recipe: Recipe
    weights: str
    protocol: Protocol
    groups: Path | None
    seed: int
    resume: bool
    command: str


def train(request: Request, progress: Progress, say: Callable[[str], None]) -> None:
    """Train a network and write its bundle.

    Args:
        request: what to do.
        progress: told of every step.
        say: called with each sentence the user should read before the training goes on.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    workspace = _workspace(request)
    found = source.resolve(request.data, progress)
    index = dataset.index(found.folder, lambda done, count: progress("Reading pictures", done, count))
    patient_ids = protocol.read_groups(request.groups, index) if request.groups else None
    groups = protocol.assign_groups(index, patient_ids)
    split = protocol.split(index, groups, request.protocol, seed=request.seed)
    weights_file, weights_bundle, weights_name = _weights(request.weights)
    classes = tuple(sorted(set(index["class"])))
    job = Job(
        name=request.output.name,
        command=request.command,
        recipe=request.recipe.overridden(weights=weights_name),
        protocol=request.protocol,
        grouping=protocol.NEAR_COPIES_ONLY if patient_ids is None else protocol.PATIENT_IDS,
        seed=request.seed,
        class_names=classes,
        positive_class=POSITIVE_CLASS if POSITIVE_CLASS in classes else None,
        data=found.data.model_copy(update={"patient_ids": patient_ids is not None}),
    )
    for sentence in _summary(index, split, job):
        say(sentence)

    # Only now: a mistake above is told in a second, and TensorFlow alone takes ten to load.
    progress("Loading TensorFlow", 0, 1)
    from core import export, network, training  # noqa: PLC0415

    progress("Loading TensorFlow", 1, 1)
    model = training.start(job)
    if weights_bundle is not None:
        manifest = read_manifest(weights_bundle)
        kept = network.load_network_weights(
            model, job.recipe, weights_bundle / WEIGHTS, manifest.recipe, len(manifest.class_names)
        )
        say(f"Starting from {weights_name}: its base{' and its head' if kept else '; the head is new'}.")
    else:
        network.load_base_weights(model, job.recipe, weights_file)
    if workspace.exists:
        _check_same(workspace, job, split)
        say(f"Going on after epoch {len(workspace.history())} of {job.recipe.epochs}.")
    else:
        workspace.begin(job, split)
    training.run(workspace, model, found.folder, progress)
    export.export(workspace, found.folder, request.output, progress)


def _workspace(request: Request) -> Workspace:
    output = request.output
    if output.exists():
        raise UserError(f"{output} exists already; choose another --output, or remove it first.")
    workspace = Workspace(output.with_name(f"{output.name}.partial"))
    if workspace.exists and not request.resume:
        raise UserError(
            f"{workspace.folder} holds an unfinished training; add --resume to go on with it, or remove it."
        )
    if request.resume and not workspace.exists:
        raise UserError(f"there is nothing to resume: {workspace.folder} holds no unfinished training.")
    return workspace


def _weights(weights: str) -> tuple[str, Path | None, str]:
    """Return what to load into the base, or the bundle to start from, and the name to publish."""
    path = Path(weights).expanduser()
    if weights in {"imagenet", "none"}:
        return weights, None, weights
    if path.is_file():
        # The folder a file lies in is nobody's business.
        return str(path), None, path.name
    if path.suffix == ".h5":
        raise UserError(f"the weights file {weights} does not exist.")
    pulled = hub.pull(weights, with_weights=True)
    if not (pulled.folder / WEIGHTS).is_file():
        raise UserError(f"{weights} was published without {WEIGHTS}, so it cannot be trained further.")
    name = pulled.folder.name if pulled.commit is None else f"{pulled.name.repo}@{pulled.commit}"
    return "none", pulled.folder, name


def _check_same(workspace: Workspace, job: Job, split: pd.DataFrame) -> None:
    before, now = workspace.job().model_dump(exclude={"command"}), job.model_dump(exclude={"command"})
    changed = [name for name in before if before[name] != now[name]]
    if changed:
        raise UserError(
            f"the training in {workspace.folder} was begun with another {changed[0]}; "
            "give the same options with --resume, or begin a new one."
        )
    if list(workspace.split()["sha256"]) != list(split["sha256"]):
        raise UserError(
            f"the pictures have changed since {workspace.folder} was begun; begin a new training."
        )


def _summary(index: pd.DataFrame, split: pd.DataFrame, job: Job) -> list[str]:
    images, masks = (int((index["kind"] == kind).sum()) for kind in ("image", "mask"))
    pictures = split[split["kind"] == "image"]
    copies = pictures.groupby("group").size()
    found = (
        f"{job.data.name}: {images} images and {masks} masks of {len(job.class_names)} classes; "
        f"{int(copies[copies > 1].sum())} images in {int((copies > 1).sum())} groups of near-copies."
    )
    sentences = [found]
    opposed = int(protocol.contradictory(split).sum())
    if opposed:
        left_out = "left out" if job.protocol == "clean" else "kept, as this protocol does"
        sentences.append(f"{opposed} images are copies with contradictory labels; they are {left_out}.")
    sizes = ", ".join(f"{int((split['part'] == part).sum())} {part}" for part in protocol.PARTS)
    steps = -(-int((split["part"] == "train").sum()) // job.recipe.batch_size)
    sentences.append(f"Protocol {job.protocol}: {sizes}; {steps} steps an epoch.")
    if job.recipe.weights == "none" and job.recipe.fine_tune == "none":
        sentences.append(
            "The base has random weights and is frozen: only the head learns. See --fine-tune all."
        )
    return sentences
