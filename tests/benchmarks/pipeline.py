"""Training's images per second, over a bare loop on ready tensors."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import tensorflow as tf

from core.bundle.manifest import TrainingSpec
from core.data import groups
from core.data.phantom import dataset as phantom_dataset
from core.data.provenance import DataSource
from core.recipe import RECIPES
from core.training import fit
from core.training.workspace import Workspace

STEPS = 30


def run() -> list[tuple[str, float, str]]:
    """Compare the second epoch's images per second with a bare train_on_batch loop on ready tensors.

    Xception at 150 pixels with the paper's recipe (frozen base, augmentation on), random weights.
    """
    with tempfile.TemporaryDirectory() as name:
        data, workspace = Path(name) / "data", Workspace(Path(name) / "run.partial")
        recipe = RECIPES["paper"].overridden(backbone="xception", weights="none", epochs=2)
        counts = {"benign": STEPS * recipe.batch_size - 8, "malignant": 8}
        phantom_dataset.write_dataset(data, counts=counts)
        files = [f"{label}/{label} ({n}).png" for label, count in counts.items() for n in range(1, count + 1)]
        split = pd.DataFrame({"file": files, "class": [file.split("/")[0] for file in files], "set": "train"})
        validation = split.iloc[-4:].assign(set="validation")
        split = pd.concat([split, validation]).assign(kind="image", group=0, sha256="", fingerprint="")
        spec = TrainingSpec(
            name="bench",
            command="make bench",
            recipe=recipe,
            protocol="clean",
            grouping=groups.NEAR_DUPLICATES_ONLY,
            seed=0,
            class_names=("benign", "malignant"),
            positive_class="malignant",
            data=DataSource(name="phantoms", simulated=True, patient_ids=False),
        )
        workspace.begin(spec, split)
        network = fit.initial_network(spec)
        batch_ends: list[float] = []

        def watch(what: str, done: int, total: int) -> None:
            if what.startswith("Epoch 2/") and done < total:  # the last step is the validation
                batch_ends.append(time.perf_counter())

        fit.run(workspace, spec, split, network, data, watch)
        ours = (len(batch_ends) - 1) / (batch_ends[-1] - batch_ends[0])

        images = np.random.default_rng(0).integers(0, 256, (recipe.batch_size, 150, 150, 3))
        one_hot = np.tile(np.float32([1, 0]), (recipe.batch_size, 1))
        ready = tf.constant(images, tf.float32), tf.constant(one_hot)
        network.model.train_on_batch(*ready)
        began = time.perf_counter()
        for _ in range(STEPS):
            network.model.train_on_batch(*ready)
        bare = STEPS / (time.perf_counter() - began)
    return [
        (
            "training's images per second over a bare train_on_batch loop's, Xception 150 px",
            ours / bare,
            "≥ 0.9",
        )
    ]
