"""Train one network, from images to a finished bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, WEIGHTS
from core.data import published_split, splits
from core.data.groups import joins_patients
from core.errors import UserError
from core.experiments import held_out_runs
from core.experiments.request import prepare
from core.experiments.tensorflow_import import import_tensorflow
from core.files import check_output
from core.training.workspace import Workspace, check_same
from core.work_folder import PARTIAL, partial_folder, work_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from core.bundle.manifest import Manifest, TrainingSpec
    from core.data.provenance import Protocol
    from core.experiments.request import Prepared, Request
    from core.progress import Progress, Say
    from core.training.network import Network


def train(request: Request, protocol_name: Protocol, progress: Progress, say: Say) -> Manifest:
    """Train a network, write its bundle, and return the bundle's manifest.

    Args:
        request: data, recipe and output folder.
        protocol_name: protocol that decides which files take part and how they are split.
        progress: function that reports each step.
        say: function that shows the user a message.

    Raises:
        UserError: a problem that the user can solve; finished work is kept for ``resume``.
    """
    if request.split and protocol_name == "paper":
        raise UserError(
            "the protocol paper makes its own split and uses masks as images; give --split with "
            "--protocol clean or naive."
        )
    if request.limits and protocol_name != "clean":
        raise UserError("--limits takes limits measured with the protocol clean; leave out --protocol.")
    if protocol_name == "paper" and len(request.data.names) > 1:
        raise UserError("the protocol paper is that of one data set; give one, or another --protocol.")
    with work_folder(request.output, say, resume=request.resume):
        if request.tensorboard is not None and not request.resume:
            check_output(request.tensorboard / request.output.name, "--tensorboard")
        return _train(request, protocol_name, progress, say)


def _train(request: Request, protocol_name: Protocol, progress: Progress, say: Say) -> Manifest:
    files = () if request.split == "own" else tuple(map(published_split.read, request.split))
    prepared = prepare(request, progress)
    facts = None
    if not request.split:
        split = prepared.split(protocol_name, seed=request.seed)
    else:
        split, facts = published_split.split(
            files,
            prepared.index,
            prepared.groups,
            protocol_name,
            duplicate_groups=prepared.duplicate_groups,
            folder_names=prepared.folders.names,
            seed=request.seed,
            left_out=prepared.left_out,
        )
    held_out = held_out_runs.load(request.limits, prepared, split)
    if protocol_name == "clean":
        prepared.weights.check_unseen(prepared.index, [split])
    say(prepared.summary())
    spec = prepared.spec(
        request.output.name, protocol_name, seed=request.seed, given_split=facts, held_out=held_out
    )
    return train_bundle(prepared, spec, split, request.output, progress, say)


def train_bundle(
    prepared: Prepared,
    spec: TrainingSpec,
    split: pd.DataFrame,
    destination: Path,
    progress: Progress,
    say: Say,
) -> Manifest:
    """Train one network and write its bundle, or resume it; a finished bundle is only checked.

    Args:
        prepared: images and starting weights.
        spec: specification of the training.
        split: split table.
        destination: folder of the bundle; unfinished work is in the one with ``.partial`` added.
        progress: function that reports each step.
        say: function that shows the user a message.

    Returns:
        The bundle's manifest.

    Raises:
        UserError: the folder holds the work of another training, or another problem that the user can solve.
    """
    if destination.exists():
        bundle = open_bundle(destination)
        check_same(destination, bundle.manifest, bundle.table(SPLIT), spec, split)
        return bundle.manifest
    workspace = Workspace(partial_folder(destination))
    spec = train_workspace(prepared, spec, split, workspace, progress, say)
    from core.training.export import export  # noqa: PLC0415

    return export(workspace, spec, split, prepared.folders, destination, progress)


def train_task(
    spec: TrainingSpec, split: pd.DataFrame, prepared: Prepared, folder: Path, progress: Progress, say: Say
) -> Manifest:
    """Train one network as a task of several, as ``train_bundle`` does."""
    return train_bundle(prepared, spec, split, folder, progress, say)


def train_workspace(
    prepared: Prepared,
    spec: TrainingSpec,
    split: pd.DataFrame,
    workspace: Workspace,
    progress: Progress,
    say: Say,
) -> TrainingSpec:
    """Train one network to its last epoch, from the start or from the last finished epoch.

    Args:
        prepared: images and starting weights.
        spec: specification of the training.
        split: split table.
        workspace: workspace of this training, which may not exist yet.
        progress: function that reports each step.
        say: function that shows the user a message.

    Returns:
        The specification with the precision of the training.

    Raises:
        UserError: the workspace is that of another training, or another problem that the user can solve.
    """
    begun = workspace.exists
    if begun:
        check_same(workspace.folder, workspace.spec(), workspace.split(), spec, split)
        say(f"Continuing after epoch {len(workspace.history())} of {spec.recipe.epochs}.")
    else:
        for sentence in _about(prepared, split, spec):
            say(sentence)
    # Only now: a mistake is reported within a second, and TensorFlow alone takes ten to load.
    import_tensorflow(progress)
    from core.training import fit  # noqa: PLC0415
    from core.training.precision import machine_precision  # noqa: PLC0415

    precision = workspace.spec().precision if begun else spec.recipe.precision
    if spec.recipe.precision == "auto":
        chosen = machine_precision()
        if not begun:
            precision = chosen.precision
            say(chosen.sentence())
        elif precision != chosen.precision:
            say(
                f"Training in {precision}, in which it began; on this machine {chosen.precision} would be "
                "faster."
            )
    spec = spec.model_copy(update={"precision": precision})
    network = fit.initial_network(spec)
    started = load_initial_weights(network, spec, prepared)
    if not begun:
        say(started)
        workspace.begin(spec, split, prepared.weights.seen)
    logs, name = prepared.request.tensorboard, workspace.folder.name.removesuffix(PARTIAL)
    fit.run(workspace, spec, split, network, prepared.folders, progress, logs / name if logs else None)
    return spec


def load_initial_weights(network: Network, spec: TrainingSpec, prepared: Prepared) -> str:
    """Load the starting weights of a network, and return a sentence that names them."""
    from core.training.network import load_base_weights, load_network_weights  # noqa: PLC0415

    weights = prepared.weights
    if weights.bundle is None:
        load_base_weights(network, spec.recipe, weights.base)
        named = {"imagenet": "ImageNet weights", "none": "random weights"}
        return f"The {spec.recipe.backbone} base starts from {named.get(weights.base, weights.name)}."
    manifest = weights.bundle.manifest
    kept = load_network_weights(
        network,
        spec.recipe,
        weights.bundle.folder / WEIGHTS,
        manifest.recipe,
        manifest.class_names,
        same_classes=manifest.class_names == spec.class_names,
    )
    return f"Starting from {weights.name}: its base{' and its head' if kept else '; the head is new'}."


def _about(prepared: Prepared, split: pd.DataFrame, spec: TrainingSpec) -> list[str]:
    sentences = []
    given, opposed = spec.given_split, prepared.conflicting
    if given is not None:
        sentences.append(given.described(str, spec.protocol, grouped=joins_patients(spec.grouping)))
    elif opposed:
        kept = "left out" if spec.protocol == "clean" else f"kept under protocol {spec.protocol}"
        sentences.append(f"{opposed} near-duplicates with conflicting labels are {kept}.")
    sizes = ", ".join(f"{int((split['set'] == name).sum())} {name}" for name in splits.SETS)
    steps = -(-int((split["set"] == "train").sum()) // spec.recipe.batch_size)
    steps_in_words = "1 training step" if steps == 1 else f"{steps} training steps"
    sentences.append(f"Protocol {spec.protocol}: {sizes}; {steps_in_words} per epoch and one for validation.")
    if spec.recipe.mask_loss and not splits.masks_of(split, "train"):
        sentences.append("No training image has a segmentation mask: the recipe's mask loss is not used.")
    if spec.recipe.weights == "none" and spec.recipe.fine_tune == "none":
        sentences.append(
            "The base has random weights and is frozen: only the head is trained. See --fine-tune all."
        )
    return sentences
