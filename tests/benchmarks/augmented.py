"""Augmenting an image 16 times and classifying each, over the bare network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle.manifest import MODEL
from core.inference.augmented import DRAWS, predict_augmented
from core.inference.classifier import Classifier
from core.inference.onnx_graph import OUTPUTS
from core.serving.catalog import FOLDER
from tests.benchmarks import large

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLOCKS, ROUNDS = 6, 8


def run() -> list[tuple[str, float, str]]:
    """Compare drawing, augmenting and classifying with one bare run of the network on 16 images.

    With the paper's network, and with the one that comes with the app. The augmentation is ``strong``, the
    image is noise. The two take turns in blocks, so that neither meets the threads of the other's session
    still waiting for work; the fastest round counts, as other programs disturbed it least.
    """
    return [measure(large.bundle()), measure(FOLDER / "busi-busbra")]


def measure(folder: Path) -> tuple[str, float, str]:
    """Return the ratio for the bundle in a folder."""
    classifier = Classifier.from_bundle(folder)
    bare = onnxruntime.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])
    side = classifier.preprocessing.image_size
    images = np.random.default_rng(0).integers(0, 256, (DRAWS, side, side, 3), dtype=np.uint8)
    ready = images.astype(np.float32)
    fastest = {"bare": float("inf"), "draws": float("inf")}

    def clock(name: str, call: Callable[[], object]) -> None:
        call()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            call()
            fastest[name] = min(fastest[name], time.perf_counter() - start)

    for seed in range(BLOCKS):
        clock("bare", lambda: bare.run(OUTPUTS, {"image": ready}))
        clock(
            "draws",
            lambda seed=seed: predict_augmented(classifier, images[0], AUGMENTATIONS["strong"], seed=seed),
        )
    bare_ms, draws_ms = (1000 * fastest[name] for name in ("bare", "draws"))
    what = (
        f"classifying {DRAWS} augmentations of an image over bare inference of {DRAWS} images, {folder.name}"
        f" ({draws_ms:.1f} ms over {bare_ms:.1f} ms)"
    )
    return what, draws_ms / bare_ms, "at most 1.3"


if __name__ == "__main__":
    for what, ratio, demand in run():
        print(f"{what}: {ratio:.2f} ({demand})")  # noqa: T201
