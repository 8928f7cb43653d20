"""Time from the start of a process to its first prediction, and peak memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from browser import serve, server_of
from client import Client
from paths import ROOT

from core.bundle.manifest import WEIGHTS
from tests.benchmarks import large
from tests.benchmarks.serving import image

OURS = """
import sys
from pathlib import Path
from core.images.decode import decode
from core.inference.classifier import Classifier
answer = Classifier.from_bundle(Path(sys.argv[1])).classify(decode(sys.stdin.buffer.read(), "x").pixels)
"""
KERAS = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
from core.training.network import build
from tests.benchmarks import large
network = build(large.RECIPE, 3)
network.model.load_weights(f"{sys.argv[1]}/WEIGHTS")
network.model.predict(np.zeros((1, 150, 150, 3), np.float32), verbose=0)
""".replace("WEIGHTS", WEIGHTS)
PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
ROUNDS = 3


def bare(code: str) -> tuple[float, float, float]:
    """Return seconds, processor seconds and gigabytes of a fresh process up to its first prediction."""
    command = [sys.executable, "-c", code + PEAK, str(large.bundle())]
    start, before = time.perf_counter(), _processor()
    run = subprocess.run(command, cwd=ROOT, input=image(0), capture_output=True, check=True)
    return time.perf_counter() - start, _processor() - before, int(run.stdout.split()[-1]) / 2**20


def in_app() -> tuple[float, float, float]:
    """Return the same from the start of the server to a visitor's first prediction."""
    start, before = time.perf_counter(), _processor()
    with serve(MODEL=str(large.bundle())) as address, Client(address, "classify") as client:
        texts = client.upload("x.png", image(0))
        seconds = time.perf_counter() - start
        if not any(text.startswith("Predicted class") for text in texts):
            raise RuntimeError(texts)
        status = (server_of(address) / "status").read_text()
    return seconds, _processor() - before, int(status.split("VmHWM:")[1].split()[0]) / 2**20


def _processor() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def run() -> list[tuple[str, float, str]]:
    """Measure in turn, and keep the best of each: the rest is other programs."""
    large.bundle()
    rounds = [(bare(OURS), bare(KERAS), in_app()) for _ in range(ROUNDS)]
    ours, keras, app = (
        [min(measured) for measured in zip(*one, strict=True)] for one in zip(*rounds, strict=True)
    )
    return [
        (f"bare process to the first prediction, seconds ({ours[1]:.1f} of the processor)", ours[0], "< 3"),
        (
            f"the same with TensorFlow, over ours ({keras[1]:.1f} s of the processor)",
            keras[0] / ours[0],
            "> 3",
        ),
        ("peak memory of the bare process, GB", ours[2], "< 0.75"),
        ("the same with TensorFlow, GB", keras[2], "over 1.25"),
        (
            f"start of the server to the first prediction, seconds ({app[1]:.1f} of the processor)",
            app[0],
            "< 4",
        ),
        ("the app's peak memory, GB", app[2], "< 0.95"),
    ]


if __name__ == "__main__":
    for what, ratio, demand in run():
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
