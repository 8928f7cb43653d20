"""From images to finished bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.folder import open_bundle, read_manifest
from core.bundle.manifest import SPLIT, WEIGHTS, Manifest
from core.bundle.training_overlap import seen_in_training
from core.data import published_split, splits
from core.errors import UserError
from core.experiments.request import prepare, work_folder
from core.training.workspace import Workspace, check_same

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from core.bundle.manifest import TrainingSpec
    from core.data.provenance import Protocol
    from core.experiments.request import Prepared, Request
    from core.progress import Progress, Say
    from core.training.network import Network

PARTIAL = ".partial"


def train(request: Request, protocol_name: Protocol, progress: Progress, say: Say) -> None:
    """Train a network and write its bundle.

    Args:
        request: what to do.
        protocol_name: which files take part and how they are split.
        progress: told of every step.
        say: told what the user should read before the training goes on.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    if request.split is not None and protocol_name == "paper":
        raise UserError(
            "the protocol paper makes its own split and takes masks for images; give --split with "
            "--protocol clean or naive."
        )
    work_folder(request)
    named = None if request.split is None else published_split.read(request.split)
    prepared = prepare(request, progress)
    facts = None
    if named is None:
        split = prepared.split(protocol_name, seed=request.seed)
    else:
        split, facts = published_split.split(
            named, prepared.index, prepared.groups, protocol_name, duplicate_groups=prepared.copies
        )
    say(prepared.summary())
    spec = prepared.spec(request.output.name, protocol_name, seed=request.seed, given_split=facts)
    train_bundle(prepared, spec, split, request.output, progress, say)


def train_bundle(
    prepared: Prepared,
    spec: TrainingSpec,
    split: pd.DataFrame,
    destination: Path,
    progress: Progress,
    say: Say,
) -> Manifest:
    """Train one network and write its bundle, or go on with it; a finished bundle is only checked.

    Args:
        prepared: the images, and what the network starts from.
        spec: what to do.
        split: the files, each with its part.
        destination: the bundle's folder; the work is done in the one with ``.partial`` added.
        progress: told of every step.
        say: told what the user should read before the training goes on.

    Raises:
        UserError: the folder holds the work of another training, or something else the user can put right.
    """
    if destination.exists():
        bundle = open_bundle(destination)
        check_same(destination, bundle.manifest, bundle.table(SPLIT), spec, split)
        return bundle.manifest
    workspace = Workspace(destination.with_name(f"{destination.name}{PARTIAL}"))
    train_workspace(prepared, spec, split, workspace, progress, say)
    from core.training.export import export  # noqa: PLC0415

    export(workspace, spec, split, prepared.folder, destination, progress)
    return read_manifest(destination)


def train_workspace(
    prepared: Prepared,
    spec: TrainingSpec,
    split: pd.DataFrame,
    workspace: Workspace,
    progress: Progress,
    say: Say,
) -> None:
    """Train one network to its last epoch, from the start or from wherever its workspace stands.

    Args:
        prepared: the images, and what the network starts from.
        spec: what to do.
        split: the files, each with its part.
        workspace: of this training, begun or not.
        progress: told of every step.
        say: told what the user should read before the training goes on.

    Raises:
        UserError: the workspace is that of another training, or something else the user can put right.
    """
    begun = workspace.exists
    if begun:
        check_same(workspace.folder, workspace.spec(), workspace.split(), spec, split)
        say(f"Going on after epoch {len(workspace.history())} of {spec.recipe.epochs}.")
    else:
        for sentence in _about(prepared, split, spec):
            say(sentence)
    _check_donor(prepared, spec, split)
    # Only now: a mistake above is told in a second, and TensorFlow alone takes ten to load.
    progress("Loading TensorFlow", 0, 1)
    from core.training import fit  # noqa: PLC0415

    progress("Loading TensorFlow", 1, 1)
    network = fit.start(spec)
    started = load_initial_weights(network, spec, prepared)
    if not begun:
        say(started)
        workspace.begin(spec, split)
    logs, name = prepared.request.tensorboard, workspace.folder.name.removesuffix(PARTIAL)
    fit.run(workspace, spec, split, network, prepared.folder, progress, logs / name if logs else None)


def load_initial_weights(network: Network, spec: TrainingSpec, prepared: Prepared) -> str:
    """Load what a network starts from, and return the sentence that says what it was."""
    from core.training.network import load_base_weights, load_network_weights  # noqa: PLC0415

    weights = prepared.weights
    if weights.bundle is None:
        load_base_weights(network, spec.recipe, weights.base)
        named = {"imagenet": "ImageNet weights", "none": "random weights"}
        return f"The {spec.recipe.backbone} base starts from {named.get(weights.base, weights.name)}."
    manifest = read_manifest(weights.bundle)
    kept = load_network_weights(
        network,
        spec.recipe,
        weights.bundle / WEIGHTS,
        manifest.recipe,
        manifest.class_names,
        same_classes=manifest.class_names == spec.class_names,
    )
    return f"Starting from {weights.name}: its base{' and its head' if kept else '; the head is new'}."


def _check_donor(prepared: Prepared, spec: TrainingSpec, split: pd.DataFrame) -> None:
    """Refuse a bundle to start from that was trained on test images. The other protocols leak anyway."""
    if prepared.weights.bundle is None or spec.protocol != "clean":
        return
    test = prepared.index[(split["part"] == "test").to_numpy()]
    seen = sum(bool(file) for file in seen_in_training(open_bundle(prepared.weights.bundle), test))
    if seen:
        raise UserError(
            f"{prepared.weights.name} was trained on {seen} of the {len(test)} test images or on copies; "
            "the test would prove nothing, so give the --seed and data it was trained with."
        )


def _about(prepared: Prepared, split: pd.DataFrame, spec: TrainingSpec) -> list[str]:
    sentences = []
    given, opposed = spec.given_split, prepared.conflicting
    if given is not None:
        sentences.append(given.described(given.file, spec.protocol, patient_ids=spec.data.patient_ids))
    elif opposed:
        left_out = "left out" if spec.protocol == "clean" else "kept, as this protocol does"
        sentences.append(f"{opposed} images are copies with conflicting labels; they are {left_out}.")
    sizes = ", ".join(f"{int((split['part'] == part).sum())} {part}" for part in splits.SETS)
    steps = -(-int((split["part"] == "train").sum()) // spec.recipe.batch_size)
    sentences.append(f"Protocol {spec.protocol}: {sizes}; {steps} steps an epoch, and one for validation.")
    if spec.recipe.mask_loss and not splits.training_masks(split):
        sentences.append("No training image has a mask, so the recipe's second task is left out.")
    if spec.recipe.weights == "none" and spec.recipe.fine_tune == "none":
        sentences.append(
            "The base has random weights and is frozen: only the head learns. See --fine-tune all."
        )
    return sentences
