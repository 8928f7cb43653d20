"""Learning rate schedules, and distribution over devices."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from core.recipe import Recipe
from core.training.network import build
from core.training.optimizer import (
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
)


def test_a_constant_learning_rate_rises_as_well_and_stays() -> None:
    constant = RECIPE.model_copy(update={"warmup_epochs": 0.5})
    model = build(constant, 3).model
    compile_network(model, constant, steps_per_epoch=10)
    rates = []
    for done in range(1, 9):
        model.optimizer.iterations.assign(done)
        rates.append(learning_rate(model))
    assert rates == pytest.approx([0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.01, 0.01])


def test_one_device_needs_no_distribution() -> None:
    assert strategy(["CPU:0"]).num_replicas_in_sync == 1
