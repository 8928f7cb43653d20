"""Learning rate schedules and the moving average of weights."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest

from core.recipe import Recipe
from core.training.network import build
from core.training.optimizer import (
    KeepOwnWeights,
    averaged_weights,
    compile_network,
    learning_rate,
    strategy,
)

RECIPE = Recipe(
    backbone="tiny",
    head="average",
    fine_tune="all",
    preprocessing={"image_size": 32},
    learning_rate=0.01,
    ema_momentum=0.9,
)
IMAGES = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype(np.float32)
TARGETS = np.eye(3, dtype=np.float32)[np.arange(8) % 3]


def test_a_constant_learning_rate_rises_as_well_and_stays() -> None:
    constant = RECIPE.model_copy(update={"warmup_epochs": 0.5})
    model = build(constant, 3).model
    compile_network(model, constant, steps_per_epoch=10)
    rates = []
    for done in range(1, 9):
        model.optimizer.iterations.assign(done)
        rates.append(learning_rate(model))
    assert rates == pytest.approx([0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.01, 0.01])


def test_a_fit_ends_with_the_networks_own_weights_and_the_average_is_lent() -> None:
    model = build(RECIPE, 3).model
    compile_network(model, RECIPE, steps_per_epoch=2)
    own = {}
    after = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: own.update(weights=[v.numpy() for v in model.trainable_variables])
    )
    model.fit(IMAGES, TARGETS, batch_size=4, verbose=0, callbacks=[KeepOwnWeights(), after])

    def equal(weights) -> bool:
        return all(
            np.array_equal(variable.numpy(), value)
            for variable, value in zip(model.trainable_variables, weights, strict=True)
        )

    assert equal(own["weights"])
    with averaged_weights(model):
        assert not equal(own["weights"])
    assert equal(own["weights"])


def test_without_an_average_the_weights_stay() -> None:
    recipe = RECIPE.model_copy(update={"ema_momentum": 0.0})
    model = build(recipe, 3).model
    compile_network(model, recipe, steps_per_epoch=1)
    before = model.get_weights()
    with averaged_weights(model):
        assert all(map(np.array_equal, before, model.get_weights()))


def test_one_device_needs_no_distribution() -> None:
    assert strategy(["CPU:0"]).num_replicas_in_sync == 1
