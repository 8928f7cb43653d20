"""How the weights of a network move: devices, loss, optimiser, and the moving average that is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from core.training.batches import CLASS, LESION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.recipe import Recipe

_NOT_DECAYED = ("bias", "gamma", "beta")


def strategy(devices: Sequence[str] | None = None) -> tf.distribute.Strategy:
    """Return how a training is spread: where there are several devices, each takes a share of every batch.

    Args:
        devices: names such as ``GPU:0``; None for every GPU that TensorFlow sees.
    """
    found = devices or [device.name for device in tf.config.list_logical_devices("GPU")]
    return tf.distribute.MirroredStrategy(found) if len(found) > 1 else tf.distribute.get_strategy()


def compile_network(model: keras.Model, recipe: Recipe, steps_per_epoch: int) -> None:
    """Give a network its loss and its optimiser, AdamW (Loshchilov and Hutter 2019); without decay, Adam.

    Args:
        model: inputs → logits [N, C], or with a second task a dictionary of these and of lesion logits.
        recipe: learning rate and the rest.
        steps_per_epoch: batches that an epoch has.
    """
    optimizer = keras.optimizers.Adam(
        _learning_rate(recipe, steps_per_epoch),
        weight_decay=recipe.weight_decay or None,
        use_ema=recipe.ema_momentum > 0,
        ema_momentum=recipe.ema_momentum,
    )
    optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    two = isinstance(model.output, dict)
    model.compile(
        optimizer,
        {CLASS: loss, LESION: keras.losses.BinaryCrossentropy(from_logits=True)} if two else loss,
        loss_weights={CLASS: 1.0, LESION: recipe.mask_loss} if two else None,
        metrics={CLASS: ["accuracy"]} if two else ["accuracy"],
        jit_compile=False,  # on a CPU, XLA halves the speed of these convolutions
    )
    optimizer.build(model.trainable_variables)


def learning_rate(model: keras.Model) -> float:
    """Return the learning rate of the last step, rounded to what float32 knows of it."""
    optimizer = model.optimizer
    schedule = optimizer._learning_rate  # noqa: SLF001 - the public one is that of the step to come
    step = optimizer.iterations - 1
    rate = (
        schedule(step) if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule) else schedule
    )
    return float(f"{float(rate):.7g}")


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Let a network have the moving average of its weights for a while, if its optimiser keeps one."""
    if not model.optimizer.use_ema:
        yield
        return
    variables = model.trainable_variables
    own = [variable.numpy() for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    yield
    _assign(variables, own)


class OwnWeights(keras.callbacks.Callback):
    """Goes on with a network's own weights: Keras ends every ``fit`` by taking their average instead."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Remember the weights before that happens."""
        self._own = [variable.numpy() for variable in self.model.trainable_variables]

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Put them back."""
        _assign(self.model.trainable_variables, self._own)


def _assign(variables: list[keras.Variable], values: list[NDArray[np.generic]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _learning_rate(
    recipe: Recipe, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    warmup = round(recipe.warmup_epochs * steps_per_epoch)
    if recipe.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else recipe.learning_rate,
            max(recipe.epochs * steps_per_epoch - warmup, 1),
            warmup_target=recipe.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    if warmup:  # a line from 0 to the rate, which stays where it ends
        return keras.optimizers.schedules.PolynomialDecay(0.0, warmup, recipe.learning_rate)
    return recipe.learning_rate
