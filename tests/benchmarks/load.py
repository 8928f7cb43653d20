"""Twenty visitors at once, each with ten images, through the real app's websocket."""

from __future__ import annotations

import io
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from browser import serve, server_of
from client import Client
from PIL import Image

from core.data.phantom.simulate import simulate
from tests.benchmarks import large

VISITORS, IMAGES = 20, 10
CLASSIFICATIONS = 2_000


def images(visitor: int) -> list[bytes]:
    """Return PNG files that no other visitor sends."""
    base = simulate("benign", np.random.default_rng(3)).image
    files = []
    for number in range(IMAGES):
        shifted = base.copy()
        shifted.flat[:4] = list((visitor * IMAGES + number).to_bytes(4, "big"))
        file = io.BytesIO()
        Image.fromarray(shifted).save(file, "PNG", compress_level=1)
        files.append(file.getvalue())
    return files


def visit(address: str, number: int, count: int = IMAGES) -> list[float]:
    """Send images one after the other; return the seconds that each prediction took."""
    seconds = []
    with Client(address, "classify") as client:
        for position, data in enumerate(images(number)[:count]):
            start = time.perf_counter()
            texts = client.upload(f"{position}.png", data)
            seconds.append(time.perf_counter() - start)
            if not any(text.startswith("Predicted class") for text in texts):
                raise RuntimeError(texts)
    return seconds


def run(classifications: int = CLASSIFICATIONS) -> list[tuple[str, float, str]]:
    """Let a crowd come again and again, and a single visitor in between: both see the same machine."""
    alone: list[float] = []
    crowd: list[float] = []
    rates: list[float] = []
    numbers = itertools.count()
    with serve(MODEL=str(large.bundle())) as address, ThreadPoolExecutor(VISITORS) as pool:

        def memory() -> int:
            return int((server_of(address) / "status").read_text().split("VmRSS:")[1].split()[0])

        for one in [pool.submit(visit, address, next(numbers), IMAGES // 2) for _ in range(VISITORS)]:
            one.result()
        early, count = memory(), VISITORS * IMAGES // 2
        while count < classifications:
            alone += visit(address, next(numbers))
            start = time.perf_counter()
            visits = [pool.submit(visit, address, next(numbers)) for _ in range(VISITORS)]
            crowd += [seconds for one in visits for seconds in one.result()]
            rates.append(VISITORS * IMAGES / (time.perf_counter() - start))
            count += (VISITORS + 1) * IMAGES
            now = f"{count}: {memory() / 2**20:.2f} GB, after 100 {early / 2**20:.2f} GB, {rates[-1]:.1f}/s"
            print(now, file=sys.stderr)  # noqa: T201
        late = memory()
    p50, p95 = np.percentile(crowd, [50, 95])
    single = 1 / float(np.mean(alone))
    return [
        (
            "throughput of 20 visitors at once over that of a single one",
            float(np.median(rates)) / single,
            "≥ 0.8",
        ),
        ("20 visitors at once, median seconds to a prediction", float(p50), f"alone: {np.median(alone):.2f}"),
        ("the same, 95th percentile", float(p95), "reported"),
        (f"memory after {count} classifications over that after 100", late / early, "≤ 1.1"),
    ]


if __name__ == "__main__":
    for what, ratio, demand in run(*map(int, sys.argv[1:])):
        print(f"{ratio:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
