"""``predict`` on many images: images a second over what two cores can do, and memory of all its processes.

Run as a program, by ``make bench-predict IMAGES="1000 100000"``, it compares numbers of images.
``MODEL`` names another model than the embedded one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from paths import ROOT
from PIL import Image
from process_usage import follow

from core.bundle.folder import open_bundle
from core.data.phantom.simulate import CLASSES, simulate
from core.images import crop
from core.inference.onnx_graph import Graph
from core.inference.read_images import ListedFile, Reading, read_images
from core.worker_processes import usable_cores
from tests.benchmarks import large

DIFFERENT = 500  # images; the others are hard links to them
FEW, MANY = 640, 1_920
ALONE = 128  # images that are read and classified on one core
EMBEDDED = ROOT / "models" / "busi-busbra"
WANTED, LIMIT = "≥ 0.85", 1.5


def make_images(folder: Path) -> list[Path]:
    """Write different images of 500 × 400 pixels."""
    folder.mkdir()
    paths = []
    for number in range(DIFFERENT):
        rng = np.random.default_rng(number)
        pixels = simulate(CLASSES[number % len(CLASSES)], rng).image
        path = folder / f"{number}.png"
        Image.fromarray(np.asarray(cv2.resize(pixels, (500, 400)), np.uint8)).save(path)
        paths.append(path)
    return paths


def link_images(images: list[Path], folder: Path, count: int) -> None:
    """Link images into folders of a thousand; their names differ in letters, so they are no clip."""
    for number in range(count):
        # No digits, so that the names are not those of a clip's frames.
        name = "".join(chr(ord("a") + int(digit)) for digit in f"{number:07d}")
        path = folder / f"study {number // 1000}" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(images[number % len(images)], path)


def seconds_alone(bundle: Path, images: list[Path]) -> float:
    """Return seconds an image on one core: read and preprocessed, then through the network in batches."""
    opened = open_bundle(bundle)
    files = [ListedFile(str(path), inside=True) for path in images[:ALONE]]
    graph = Graph(opened.folder / "model.onnx", threads=1)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    reading = Reading.of(opened, "all", crop.NONE)
    fitted = [image.fitted for batch in read_images(files[:8], reading) for image in batch]
    graph.run(fitted)
    began = time.perf_counter()
    fitted = [image.fitted for batch in read_images(files, reading) for image in batch]
    graph.run(fitted)
    seconds = (time.perf_counter() - began) / len(fitted)
    cv2.setNumThreads(threads)
    return seconds


def predict(bundle: Path, folder: Path, *options: str) -> tuple[float, float]:
    """Run the command on a folder; return seconds, and the peak memory of all its processes in GB."""
    output = folder.with_suffix(".parquet")
    command = [sys.executable, "train_cli.py", "predict", str(bundle), str(folder), "--output", str(output)]
    command += options
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        peak = follow(process).peak / 2**30
    if process.returncode:
        raise RuntimeError(f"predict ended with {process.returncode}")
    seconds = time.perf_counter() - began
    output.unlink()
    return seconds, peak


def images_a_second(bundle: Path, root: Path, *options: str) -> tuple[float, float]:
    """Return the images a second of the command without its start, and its peak memory on the most in GB."""
    (few, _), (many, peak) = (predict(bundle, root / str(count), *options) for count in (FEW, MANY))
    return (MANY - FEW) / (many - few), peak


def run() -> list[tuple[str, float, str]]:
    """Classify images by the embedded model and by InceptionResNetV2."""
    rows = []
    cores = min(usable_cores(), 2)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        images = make_images(root / "different")
        for count in (FEW, MANY):
            link_images(images, root / str(count), count)
        for what, bundle in (
            ("the embedded model", EMBEDDED),
            ("InceptionResNetV2", large.bundle()),
        ):
            before = seconds_alone(bundle, images)
            here, peak = images_a_second(bundle, root)
            alone = (before + seconds_alone(bundle, images)) / 2
            rows += [
                (
                    f"predict, {what}: images a second ({here:.1f}) over the bound",
                    here * alone / cores,
                    WANTED,
                ),
                (f"the same: GB of all processes, {MANY:,} images", peak, f"≤ {LIMIT}"),
            ]
            if bundle == EMBEDDED:
                rate, peak = images_a_second(bundle, root, "--cluster", "local")
                rows += [
                    (
                        f"predict --cluster local: images a second ({rate:.1f}) over those",
                        rate / here,
                        "≥ 0.8",
                    ),
                    ("the same: GB of all processes, Ray's among them", peak, "no bound"),
                ]
    return rows


def main(counts: list[int]) -> None:
    """Classify several numbers of images, and print what each took."""
    with tempfile.TemporaryDirectory() as name:
        root, bundle = Path(name), Path(os.environ.get("MODEL", EMBEDDED))
        images = make_images(root / "different")
        for count in counts:
            folder = root / str(count)
            link_images(images, folder, count)
            seconds, peak = predict(bundle, folder)
            line = f"{count:9,} images: {seconds:8.0f} s, {count / seconds:6.1f}/s, {peak:.2f} GB"
            print(line, flush=True)  # noqa: T201
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(list(map(int, sys.argv[1:])))
