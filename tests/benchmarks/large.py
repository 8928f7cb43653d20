"""A bundle with the paper's network at its real size, for measuring: random weights, made once and kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from bundles import CLASSES, make_bundle

from core.bundle.manifest import EMBEDDED, EMBEDDINGS, MODEL, TEST_IMAGES, WEIGHTS
from core.recipe import Recipe

SIDE = 150
FOLDER = Path(tempfile.gettempdir()) / f"breast-ultrasound-bench-{os.getuid()}" / "inception-resnet-v2"
RECIPE = Recipe(name="bench", weights="none", epochs=3)


def bundle() -> Path:
    """Return the folder of the bundle; it is made, in one or two minutes, where there is none."""
    if FOLDER.is_dir():
        return FOLDER
    import tensorflow as tf  # noqa: F401 - before Keras, so that its messages stay quiet

    from core.training.network import build
    from core.training.onnx import write_onnx

    making = FOLDER.with_name("making")
    shutil.rmtree(making, ignore_errors=True)
    network = build(RECIPE, len(CLASSES))
    embedding = network.base.output_shape[-1]

    def fill(folder: Path) -> None:
        write_onnx(network, 1.0, folder / MODEL)
        rows = np.random.default_rng(0).random((2000, embedding))
        np.save(folder / EMBEDDINGS, rows.astype(np.float16))
        images = pd.DataFrame({"sha256": [f"{row:064x}" for row in range(2000)]})
        images.assign(set="train", **{"class": CLASSES[0]}).to_csv(folder / EMBEDDED, index=False)
        network.model.save_weights(folder / WEIGHTS)
        (folder / TEST_IMAGES).unlink()

    make_bundle(making, fill=fill, recipe=RECIPE.model_dump(mode="json"))
    making.rename(FOLDER)
    return FOLDER


if __name__ == "__main__":
    print(bundle())  # noqa: T201
