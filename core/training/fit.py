"""Fit a network epoch by epoch, recording each one so that the training can be resumed."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import keras
import numpy as np
import pandas as pd
from scipy.special import log_softmax

from core.bundle.embeddings import in_float16
from core.bundle.tables import EpochRow
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.progress import epoch_step
from core.training.batches import CLASS, Batches
from core.training.inputs import prepare
from core.training.network import Network, build
from core.training.optimizer import compile_network, learning_rate, strategy
from core.training.tensorboard import EventFiles
from core.training.weights_file import check_space, save_weights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.bundle.manifest import TrainingSpec
    from core.data.data_set import ImageFolders
    from core.progress import Progress
    from core.training.workspace import Workspace
_TRIED_IMAGES = 16


def initial_network(spec: TrainingSpec, devices: Sequence[str] | None = None) -> Network:
    """Build the network of a spec, with random weights drawn with its seed, in its precision or float32.

    Args:
        spec: spec of the training.
        devices: devices to train on, such as ``GPU:0``; None for all GPUs, or the CPU without one.
    """
    keras.utils.set_random_seed(spec.seed)
    return build(spec.recipe, len(spec.class_names), strategy(devices), spec.precision or "float32")


def run(
    workspace: Workspace,
    spec: TrainingSpec,
    split: pd.DataFrame,
    network: Network,
    folders: ImageFolders,
    progress: Progress,
    tensorboard: Path | None = None,
) -> None:
    """Train until the recipe's last epoch, after the epochs that the workspace has recorded.

    Args:
        workspace: workspace of the training, in which finished epochs are not repeated.
        spec: spec of the training.
        split: split table of the training.
        network: network of the spec's recipe with its initial weights.
        folders: folders of the data.
        progress: function that reports the steps.
        tensorboard: folder for TensorBoard event files, or None.

    Raises:
        UserError: the training diverges.
    """
    history = workspace.history()
    event_files = None if tensorboard is None else EventFiles(tensorboard, history)
    recipe = spec.recipe
    with network.model.distribute_strategy.scope():
        inputs = prepare(workspace, spec, split, network, folders, progress)
        if network.frozen:
            _check_embeddings(network, inputs.train_images)
        train_model = inputs.train_model
        compile_network(train_model, recipe, -(-len(inputs.train.inputs) // recipe.batch_size))
    truth = spec.labels(inputs.validation_rows)
    replicas = network.model.distribute_strategy.num_replicas_in_sync

    if history.empty:
        check_space(workspace.folder, train_model, network.model)  # rather than after the first epoch
    else:
        train_model.load_weights(workspace.checkpoint(len(history)))
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        began = time.perf_counter()
        _seed_dropout(network.model, spec.seed, epoch)
        batches = Batches(
            inputs.train,
            recipe.augmentation,
            batch_size=recipe.batch_size,
            seed=spec.seed,
            epoch=epoch,
            mixup=recipe.mixup,
            shuffle=True,
            replicas=replicas,
        )
        # With the same epoch number, the draws would repeat those of training images of the same row.
        validation_batches = Batches(
            inputs.validation,
            spec.validation_augmentation,
            # A multiple of the number of devices, so that the last batch alone can have surplus rows.
            batch_size=-(-recipe.batch_size // replicas) * replicas,
            seed=spec.seed,
            epoch=-epoch % 2**32,
            replicas=replicas,
        )
        what = epoch_step(epoch, recipe.epochs)
        logs = _fit_epoch(train_model, batches, what, progress)
        logits = inputs.eval_model.predict(validation_batches, verbose=0)[: len(truth)]
        log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
        row = EpochRow(
            epoch=epoch,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=-log_probabilities[np.arange(len(truth)), truth].mean(),
            val_accuracy=(log_probabilities.argmax(axis=1) == truth).mean(),
            learning_rate=learning_rate(train_model),
            seconds=round(time.perf_counter() - began, 2),
            phase="train",
        )
        if not np.isfinite(row.val_loss):
            raise UserError(
                f"the training diverged in epoch {epoch}: the validation loss is not a number; start again "
                "with a lower --learning-rate."
            )
        table = _validation_table(spec, epoch, inputs.validation_rows, log_probabilities)
        workspace.record(
            row,
            table,
            keep=recipe.keep,
            save_network=partial(save_weights, network.model),
            save_checkpoint=partial(save_weights, train_model),
        )
        if event_files is not None:
            event_files.add(row)
        what += f": accuracy {logs['accuracy']:.3f}, validation accuracy {row.val_accuracy:.3f}"
        progress(what, len(batches) + 1, len(batches) + 1)
    if event_files is not None:
        event_files.close()


def _check_embeddings(network: Network, images: NDArray[np.generic]) -> None:
    """Refuse a frozen base whose embeddings would be refused after the last epoch."""
    rows = np.unique(np.linspace(0, len(images) - 1, _TRIED_IMAGES, dtype=int))
    features = keras.ops.cast(network.features(images[rows].astype(np.float32)), "float32")
    in_float16(keras.ops.convert_to_numpy(features).mean(axis=(1, 2)))


def _fit_epoch(train_model: keras.Model, batches: Batches, what: str, progress: Progress) -> dict[str, float]:
    prefix = f"{CLASS}_" if isinstance(train_model.output, dict) else ""
    loss, accuracy = f"{prefix}loss", f"{prefix}accuracy"

    def report(step: int, logs: dict[str, float]) -> None:
        # The additional step is the validation.
        progress(f"{what}: accuracy {logs[accuracy]:.3f}", step + 1, len(batches) + 1)

    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=report)]
    history = train_model.fit(batches, shuffle=False, verbose=0, callbacks=callbacks).history
    return {"loss": history[loss][0], "accuracy": history[accuracy][0]}


def _validation_table(
    spec: TrainingSpec, epoch: int, rows: pd.DataFrame, log_probabilities: NDArray[np.float64]
) -> pd.DataFrame:
    table = rows[["file"]].assign(true_class=rows["class"]).reset_index(drop=True)
    table.insert(0, "epoch", epoch)
    columns = probability_columns(spec.class_names)
    return pd.concat([table, pd.DataFrame(np.exp(log_probabilities), columns=columns)], axis=1)


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Let dropout depend on (seed, epoch) instead of the number of steps in this process."""
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign(np.random.default_rng([seed, epoch]).integers(2**32, size=2, dtype=np.uint32))
