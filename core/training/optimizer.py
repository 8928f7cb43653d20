"""Loss, optimiser, learning rate schedule, and distribution over devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from core.training.batches import CLASS, LESION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.recipe import Recipe

_NOT_DECAYED = ("bias", "gamma", "beta")


def strategy(devices: Sequence[str] | None = None) -> tf.distribute.Strategy:
    """Return the distribution strategy: several devices split every batch between them.

    Args:
        devices: devices such as ``GPU:0``; None for all GPUs.
    """
    found = devices or [device.name for device in tf.config.list_logical_devices("GPU")]
    return tf.distribute.MirroredStrategy(found) if len(found) > 1 else tf.distribute.get_strategy()


def compile_network(model: keras.Model, recipe: Recipe, steps_per_epoch: int) -> None:
    """Compile a network with its loss and AdamW (Loshchilov and Hutter 2019), or Adam without weight decay.

    Args:
        model: inputs → logits [N, C], or a dictionary of class logits and lesion logits.
        recipe: recipe of the training.
        steps_per_epoch: number of batches per epoch.
    """
    optimizer = keras.optimizers.Adam(
        _learning_rate(recipe, steps_per_epoch),
        weight_decay=recipe.weight_decay or None,
    )
    optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    has_segmentation = isinstance(model.output, dict)
    model.compile(
        optimizer,
        {CLASS: loss, LESION: keras.losses.BinaryCrossentropy(from_logits=True)}
        if has_segmentation
        else loss,
        loss_weights={CLASS: 1.0, LESION: recipe.mask_loss} if has_segmentation else None,
        metrics={CLASS: ["accuracy"]} if has_segmentation else ["accuracy"],
        jit_compile=False,  # on a CPU, XLA halves the speed of these convolutions
    )
    optimizer.build(model.trainable_variables)


def learning_rate(model: keras.Model) -> float:
    """Return the learning rate of the last step, rounded to the precision of float32."""
    optimizer = model.optimizer
    schedule = optimizer._learning_rate  # noqa: SLF001 - the public one is that of the next step
    step = optimizer.iterations - 1
    rate = (
        schedule(step) if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule) else schedule
    )
    return float(f"{float(rate):.7g}")


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
    if warmup:  # linear from 0 to the rate, then constant
        return keras.optimizers.schedules.PolynomialDecay(0.0, warmup, recipe.learning_rate)
    return recipe.learning_rate
