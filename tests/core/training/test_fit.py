"""How a network learns: recipes beyond the paper's, in this process, on phantoms."""

import os
import subprocess
import sys
from pathlib import Path

from paths import ROOT
from reading import request_for

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest

from core.augmentation.ranges import AUGMENTATIONS
from core.data.phantom import dataset as phantom_dataset
from core.evaluation.predictions import probability_columns
from core.experiments.request import Prepared, prepare
from core.recipe import Recipe
from core.training import fit
from core.training.network import build
from core.training.workspace import Workspace

# Everything that the paper's recipe does not have. Without dropout, devices change nothing.
EVERYTHING = Recipe(
    backbone="tiny",
    head="average",
    dropout=0,
    fine_tune="all",
    batch_norm="inference",
    preprocessing={"image_size": 32},
    augmentation=AUGMENTATIONS["strong"],
    epochs=3,
    batch_size=16,
    learning_rate=0.01,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.01,
    label_smoothing=0.1,
    class_weight="balanced",
    mask_loss=0.5,
    mixup=0.2,
    keep="last",
    flip_averaging=True,
)


# Makes 49 training images: the last batch has one, which two devices cannot divide.
COUNTS = {"benign": 31, "malignant": 21, "normal": 21}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts=COUNTS)
    request = request_for(folder, folder, EVERYTHING)
    return prepare(request, lambda *_: None)


def train(prepared: Prepared, folder: Path, progress=lambda *_: None, devices=None) -> Workspace:
    """Train in a folder from wherever it stands, as core.experiments.train does."""
    spec = prepared.spec("trained", "clean", seed=0)
    workspace = Workspace(folder)
    network = fit.initial_network(spec, devices)
    if not workspace.exists:
        workspace.begin(spec, prepared.split("clean", seed=0))
    fit.run(workspace, spec, prepared.split("clean", seed=0), network, prepared.folders, progress)
    return workspace


@pytest.fixture(scope="module")
def whole(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return train(prepared, tmp_path_factory.mktemp("runs") / "whole")


@pytest.mark.slow
def test_what_was_interrupted_goes_on_with_its_averages_and_its_schedule(
    prepared: Prepared, whole: Workspace, tmp_path: Path
) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what.startswith("Epoch 2/3") and done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(prepared, tmp_path / "cut", interrupt)
    resumed = train(prepared, tmp_path / "cut")
    numbers = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    np.testing.assert_allclose(resumed.history()[numbers], whole.history()[numbers], atol=1e-4)
    networks = [build(EVERYTHING, 3).model for _ in range(2)]
    for network, workspace in zip(networks, (resumed, whole), strict=True):
        network.load_weights(workspace.best_weights(3))
    for own, other in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_allclose(own, other, atol=1e-4)


@pytest.mark.slow
def test_the_learning_rate_rises_for_an_epoch_and_falls_to_nothing(whole: Workspace) -> None:
    steps = -(-(whole.split()["set"] == "train").sum() // 16)
    last_of_each = np.array([1, 2, 3]) * steps - 1
    after_warmup = (last_of_each[1:] - steps) / (2 * steps)
    expected = [last_of_each[0] / steps, *(1 + np.cos(np.pi * after_warmup)) / 2]
    np.testing.assert_allclose(whole.history()["learning_rate"], 0.01 * np.array(expected), rtol=1e-4)


@pytest.mark.slow
def test_the_kept_network_is_the_one_that_was_judged(whole: Workspace, prepared: Prepared) -> None:
    network = build(EVERYTHING, 3)
    network.model.load_weights(whole.best_weights(3))
    split = whole.split()
    hashes = split.loc[split["set"] == "validation", "sha256"]
    images = np.load(whole.images(list(hashes), EVERYTHING.preprocessing))
    logits = network.inference_model.predict(images.astype(np.float32), verbose=0)
    table = whole.validation_by_epoch()
    stored = table.loc[table["epoch"] == 3, probability_columns(prepared.class_names)]
    np.testing.assert_allclose(keras.ops.softmax(logits), stored, atol=1e-4)


@pytest.mark.slow
def test_two_devices_learn_what_one_does(prepared: Prepared, whole: Workspace, tmp_path: Path) -> None:
    code = f"""
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from pathlib import Path
from core.experiments.data_source import DataRequest
from core.experiments.request import Request, prepare
from core.recipe import Recipe
from core.training import fit
from core.training.workspace import Workspace
recipe = Recipe.model_validate_json({EVERYTHING.model_dump_json()!r})
data = DataRequest(({str(prepared.folders.path(""))!r},))
request = Request(data, Path(), recipe, "none", None, 0, False, "")
prepared = prepare(request, lambda *_: None)
spec = prepared.spec("trained", "clean", seed=0)
network = fit.initial_network(spec, ["CPU:0", "CPU:1"])
assert network.model.distribute_strategy.num_replicas_in_sync == 2
workspace = Workspace(Path({str(tmp_path / "two")!r}))
split = prepared.split("clean", seed=0)
workspace.begin(spec, split)
fit.run(workspace, spec, split, network, prepared.folders, lambda *_: None)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert (whole.split()["set"] == "train").sum() % EVERYTHING.batch_size == 1
    two, one = Workspace(tmp_path / "two").history(), whole.history()
    np.testing.assert_allclose(
        two[["val_loss", "learning_rate"]], one[["val_loss", "learning_rate"]], rtol=1e-4
    )
    # The last batch counts as two images here.
    np.testing.assert_allclose(two["loss"], one["loss"], rtol=0.05)


@pytest.mark.slow
def test_without_masks_there_is_one_task(prepared: Prepared, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none")
    recipe = EVERYTHING.model_copy(update={"epochs": 1})
    spec = prepared.spec("trained", "clean", seed=0).model_copy(update={"recipe": recipe})
    split = prepared.split("clean", seed=0)
    images = split[split["kind"] == "image"]
    workspace.begin(spec, images)
    fit.run(workspace, spec, images, fit.initial_network(spec), prepared.folders, lambda *_: None)
    assert len(workspace.history()) == 1
