"""Fit a network, one recorded and resumable epoch after another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd
from scipy.special import log_softmax

from core.batches import CLASS, Batches, Examples, Lesions, class_weights, one_hot
from core.errors import UserError
from core.listing import mask_owners
from core.network import Network, build
from core.optimisation import averaged, compile_network, learning_rate, strategy, with_lesions
from core.pipeline import Progress, fit_masks, fit_pictures
from core.recipe import AUGMENTATIONS
from core.tables import probability_columns
from core.tensorboard import EventFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.workspace import Job, Workspace

_FEATURE_BATCH = 32


def start(job: Job, devices: Sequence[str] | None = None) -> Network:
    """Build the job's network with random weights that its seed decides.

    Args:
        job: what to train.
        devices: names such as ``GPU:0`` of the devices to train on; None for every GPU there is, or the CPU.
    """
    keras.utils.set_random_seed(job.seed)
    with strategy(devices).scope():
        return build(job.recipe, len(job.class_names))


def run(
    workspace: Workspace,
    network: Network,
    pictures_folder: Path,
    progress: Progress,
    tensorboard: Path | None = None,
) -> None:
    """Train until the recipe's last epoch, from wherever the workspace stands.

    Args:
        workspace: begun; its finished epochs are not repeated.
        network: built from the job's recipe, with its starting weights.
        pictures_folder: the data folder.
        progress: told of every step.
        tensorboard: the folder for event files of this training, or None for none.
    """
    job, history = workspace.job(), workspace.history()
    events = None if tensorboard is None else EventFiles(tensorboard, history)
    recipe, split = job.recipe, workspace.split()
    parts = {name: split[split["part"] == name] for name in ("train", "validation")}
    truth = job.labels(parts["validation"])
    pictures = {
        name: fit_pictures(
            pictures_folder,
            list(part["file"]),
            recipe.preprocessing,
            workspace.pictures(name),
            progress,
        )
        for name, part in parts.items()
    }
    trainee, judge = network.model, network.answering
    inputs: dict[str, NDArray[np.generic]] = dict(pictures)
    plain = AUGMENTATIONS["none"]
    # What a frozen base makes of a picture that never changes is computed once.
    if network.frozen and job.validation_augmentation == plain and judge is network.model:
        judge = network.head
        inputs["validation"] = _features(network, pictures["validation"], "validation", workspace, progress)
    if network.frozen and recipe.augmentation == plain:
        trainee = network.head
        inputs["train"] = _features(network, pictures["train"], "train", workspace, progress)
    examples = {name: _examples(job, parts[name], inputs[name]) for name in parts}
    with network.model.distribute_strategy.scope():
        if recipe.mask_loss:
            trainee = with_lesions(network)
            lesions = _lesions(network, pictures_folder, workspace, progress)
            examples["train"] = examples["train"]._replace(lesions=lesions)
        compile_network(trainee, recipe, -(-len(parts["train"]) // recipe.batch_size))

    def save_network(path: Path) -> None:
        with averaged(trainee):
            network.model.save_weights(path)

    if len(history):
        trainee.load_weights(workspace.checkpoint(len(history)))
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        began = time.perf_counter()
        _seed_dropout(network.model, job.seed, epoch)
        batches = Batches(
            examples["train"],
            recipe.augmentation,
            batch_size=recipe.batch_size,
            seed=job.seed,
            epoch=epoch,
            mixup=recipe.mixup,
            shuffle=True,
        )
        # The validation pictures' draws must not repeat those of the training pictures of the same row.
        unshuffled = Batches(
            examples["validation"],
            job.validation_augmentation,
            batch_size=recipe.batch_size,
            seed=job.seed,
            epoch=-epoch % 2**32,
        )
        what = f"Epoch {epoch}/{recipe.epochs}"
        logs = _fit_epoch(trainee, batches, what, progress)
        with averaged(trainee):
            logits = judge.predict(unshuffled, verbose=0)
        log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
        row = {
            "epoch": epoch,
            "loss": logs["loss"],
            "accuracy": logs["accuracy"],
            "val_loss": -log_probabilities[np.arange(len(truth)), truth].mean(),
            "val_accuracy": (log_probabilities.argmax(axis=1) == truth).mean(),
            "learning_rate": learning_rate(trainee),
            "seconds": round(time.perf_counter() - began, 2),
            "phase": "train",
        }
        if not np.isfinite(row["val_loss"]):
            raise UserError(
                f"the training diverged in epoch {epoch}: its validation loss is not a number; "
                "lower --learning-rate and start anew."
            )
        table = _validation_table(job, epoch, parts["validation"], log_probabilities)
        workspace.record(row, table, save_network=save_network, save_checkpoint=trainee.save_weights)
        if events is not None:
            events.add(row)
        what += f": accuracy {logs['accuracy']:.3f}, validation accuracy {row['val_accuracy']:.3f}"
        progress(what, len(batches) + 1, len(batches) + 1)
    if events is not None:
        events.close()


def _examples(job: Job, part: pd.DataFrame, inputs: NDArray[np.generic]) -> Examples:
    labels = job.labels(part)
    return Examples(inputs, one_hot(labels, len(job.class_names)), class_weights(labels, job.recipe))


def _lesions(network: Network, folder: Path, workspace: Workspace, progress: Progress) -> Lesions:
    split = workspace.split()
    files = list(split.loc[split["part"] == "train", "file"])
    masks: dict[str, list[str]] = {}
    for mask, picture in mask_owners(split["file"]).items():
        masks.setdefault(picture, []).append(mask)
    known = np.array([file in masks for file in files])
    if not known.any():
        raise UserError("the recipe's mask_loss needs masks, and no training picture has one; set it to 0.")
    preprocessing = workspace.job().recipe.preprocessing
    fitted = fit_masks(folder, files, masks, preprocessing, workspace.pictures("train-mask"), progress)
    return Lesions(fitted, known, network.features.output_shape[1:3])


def _fit_epoch(trainee: keras.Model, batches: Batches, what: str, progress: Progress) -> dict[str, float]:
    def report(step: int, logs: dict[str, float]) -> None:
        # One more step is the validation.
        progress(f"{what}: accuracy {logs[accuracy]:.3f}", step + 1, len(batches) + 1)

    prefix = f"{CLASS}_" if isinstance(trainee.output, dict) else ""
    loss, accuracy = f"{prefix}loss", f"{prefix}accuracy"
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=report)
    history = trainee.fit(batches, shuffle=False, verbose=0, callbacks=[callback]).history
    return {"loss": history[loss][0], "accuracy": history[accuracy][0]}


def _validation_table(
    job: Job, epoch: int, part: pd.DataFrame, log_probabilities: NDArray[np.float64]
) -> pd.DataFrame:
    table = part[["file"]].assign(true_class=part["class"]).reset_index(drop=True)
    table.insert(0, "epoch", epoch)
    columns = probability_columns(job.class_names)
    return pd.concat([table, pd.DataFrame(np.exp(log_probabilities), columns=columns)], axis=1)


def _features(
    network: Network, pictures: NDArray[np.generic], part: str, workspace: Workspace, progress: Progress
) -> NDArray[np.float32]:
    shape = (len(pictures), *network.features.output_shape[1:])
    path = workspace.folder / f"{part}-features.npy"
    if path.is_file():
        return np.load(path, mmap_mode="r")
    unfinished = path.with_name(f"new-{path.name}")
    features = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, len(pictures), _FEATURE_BATCH):
        stop = min(start + _FEATURE_BATCH, len(pictures))
        features[start:stop] = network.features.predict_on_batch(pictures[start:stop])
        progress(f"Computing features of the {part} pictures", stop, len(pictures))
    features.flush()
    unfinished.replace(path)
    return features


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Let dropout depend on (seed, epoch), not on how many steps this process has made."""
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign(np.random.default_rng([seed, epoch]).integers(2**32, size=2, dtype=np.uint32))
