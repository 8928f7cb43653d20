"""Time to classify one image, beside the bare ONNX Runtime call and beside Keras."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx.utils
from bundles import CLASSES
from PIL import Image

from core.bundle.manifest import MODEL, WEIGHTS
from core.data.phantom.simulate import simulate
from core.images.decode import decode
from core.inference import onnx_graph
from core.inference.classifier import Classifier
from core.inference.onnx_graph import OUTPUTS
from tests.benchmarks import large

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 25


def image(seed: int) -> bytes:
    """Return a simulated image as the PNG that a visitor sends; BUSI's images are of such a size."""
    file = io.BytesIO()
    pixels = simulate("malignant", np.random.default_rng(seed)).image
    Image.fromarray(pixels).resize((562, 471)).save(file, "PNG")
    return file.getvalue()


def interleaved(tasks: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Let tasks take turns, so that other programs disturb all alike; return each one's median, seconds."""
    seconds = defaultdict(list)
    for round_ in range(rounds + 2):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            if round_ >= 2:  # the first two warm up
                seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def run() -> list[tuple[str, float, str]]:
    """Compare with InceptionResNetV2 at 150 pixels, random weights, all in this process and in turn."""
    from core.training.network import build

    folder = large.bundle()
    classifier = Classifier.from_bundle(folder)
    session = classifier._graph._session
    network = build(large.RECIPE, len(CLASSES))
    network.model.load_weights(folder / WEIGHTS)
    with tempfile.TemporaryDirectory() as name:
        plain = Path(name) / "probabilities.onnx"
        onnx.utils.extract_model(str(folder / MODEL), str(plain), ["image"], ["probabilities"])
        probabilities = onnx_graph.session(plain)
    png = image(0)
    pixels = decode(png, "x").pixels
    tensor = np.random.default_rng(0).integers(0, 256, (1, large.SIDE, large.SIDE, 3)).astype(np.float32)
    many = [np.roll(pixels, shift, axis=1) for shift in range(16)]
    one = interleaved(
        {
            "whole": lambda: classifier.classify(decode(png, "x").pixels),
            "bare": lambda: session.run(OUTPUTS, {"image": tensor}),
            "probabilities": lambda: probabilities.run(["probabilities"], {"image": tensor}),
            "keras": lambda: network.model.predict(tensor, verbose=0),
        }
    )
    batch = interleaved(
        {
            "batch": lambda: classifier.classify_batch(many),
            "singles": lambda: [classifier.classify(image) for image in many],
        },
        rounds=7,
    )
    times = f"{1000 * one['whole']:.0f} ms; Keras {1000 * one['keras']:.0f} ms"
    return [
        (
            f"PNG to probabilities and saliency, over the bare call ({times})",
            one["whole"] / one["bare"],
            "≤ 1.25",
        ),
        ("keras.Model.predict over PNG to probabilities and saliency", one["keras"] / one["whole"], "≥ 5"),
        ("a batch of 16 images over 16 single images", batch["batch"] / batch["singles"], "≤ 0.9"),
        (
            "a run with all outputs over one with probabilities alone",
            one["bare"] / one["probabilities"],
            "≤ 1.1",
        ),
    ]


if __name__ == "__main__":
    for what, ratio, demand in run():
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
