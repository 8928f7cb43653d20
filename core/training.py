"""Fit a network, one recorded and resumable epoch after another."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pandas as pd
from scipy.special import log_softmax

from core.errors import UserError
from core.network import Network, build
from core.pipeline import Progress, batch, epoch_order, fit_pictures
from core.recipe import AUGMENTATIONS, Augmentation, Recipe
from core.tables import probability_columns
from core.tensorboard import EventFiles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.workspace import Job, Workspace

_FEATURE_BATCH = 32


def start(job: Job) -> Network:
    """Build the job's network with random weights that its seed decides."""
    keras.utils.set_random_seed(job.seed)
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
    labels = {name: job.labels(part) for name, part in parts.items()}
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
    trainee = judge = network.model
    inputs: dict[str, NDArray[Any]] = dict(pictures)
    plain = AUGMENTATIONS["none"]
    # What a frozen base makes of a picture that never changes is computed once.
    if network.frozen and job.validation_augmentation == plain:
        judge = network.head
        inputs["validation"] = _features(network, pictures["validation"], "validation", workspace, progress)
    if network.frozen and recipe.augmentation == plain:
        trainee = network.head
        inputs["train"] = _features(network, pictures["train"], "train", workspace, progress)
    _compile(trainee, recipe)
    if len(history):
        trainee.load_weights(workspace.checkpoint(len(history)))
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        began = time.perf_counter()
        _seed_dropout(network.model, job.seed, epoch)
        batches = _Batches(inputs["train"], labels["train"], recipe.augmentation, job, epoch, shuffle=True)
        what = f"Epoch {epoch}/{recipe.epochs}"
        logs = _fit_epoch(trainee, batches, what, progress)
        # The validation pictures' draws must not repeat those of the training pictures of the same row.
        unshuffled = _Batches(
            inputs["validation"], labels["validation"], job.validation_augmentation, job, -epoch % 2**32
        )
        logits = judge.predict(unshuffled, verbose=0)
        log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
        truth = labels["validation"]
        row = {
            "epoch": epoch,
            "loss": logs["loss"],
            "accuracy": logs["accuracy"],
            "val_loss": -log_probabilities[np.arange(len(truth)), truth].mean(),
            "val_accuracy": (log_probabilities.argmax(axis=1) == truth).mean(),
            "learning_rate": recipe.learning_rate,
            "seconds": round(time.perf_counter() - began, 2),
            "phase": "train",
        }
        table = pd.DataFrame(np.exp(log_probabilities), columns=probability_columns(job.class_names))
        table.insert(0, "epoch", epoch)
        table.insert(1, "file", parts["validation"]["file"].to_numpy())
        table.insert(2, "true_class", parts["validation"]["class"].to_numpy())
        if not np.isfinite(row["val_loss"]):
            raise UserError(
                f"the training diverged in epoch {epoch}: its validation loss is not a number; "
                "lower --learning-rate and start anew."
            )
        workspace.record(
            row, table, save_network=network.model.save_weights, save_checkpoint=trainee.save_weights
        )
        if events is not None:
            events.add(row)
        what += f": accuracy {logs['accuracy']:.3f}, validation accuracy {row['val_accuracy']:.3f}"
        progress(what, len(batches) + 1, len(batches) + 1)
    if events is not None:
        events.close()


class _Batches(keras.utils.PyDataset):
    """One epoch's batches, made in a thread beside the network's work."""

    def __init__(
        self,
        pictures: NDArray[np.generic],
        labels: NDArray[np.int64],
        augmentation: Augmentation,
        job: Job,
        epoch: int,
        *,
        shuffle: bool = False,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._pictures, self._labels, self._augmentation = pictures, labels, augmentation
        self._seed, self._epoch, self._size = job.seed, epoch, job.recipe.batch_size
        count = len(labels)
        self._order = epoch_order(count, seed=job.seed, epoch=epoch) if shuffle else np.arange(count)

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._size)

    def __getitem__(self, number: int) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
        rows = self._order[number * self._size : (number + 1) * self._size]
        pictures = batch(self._pictures, rows, self._augmentation, seed=self._seed, epoch=self._epoch)
        return pictures, self._labels[rows]


def _compile(trainee: keras.Model, recipe: Recipe) -> None:
    trainee.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # on a CPU, XLA halves the speed of these convolutions
    )
    trainee.optimizer.build(trainee.trainable_variables)


def _fit_epoch(trainee: keras.Model, batches: _Batches, what: str, progress: Progress) -> dict[str, float]:
    def report(step: int, logs: dict[str, float]) -> None:
        # One more step is the validation.
        progress(f"{what}: accuracy {logs['accuracy']:.3f}", step + 1, len(batches) + 1)

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=report)
    history = trainee.fit(batches, shuffle=False, verbose=0, callbacks=[callback]).history
    return {"loss": history["loss"][0], "accuracy": history["accuracy"][0]}


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
