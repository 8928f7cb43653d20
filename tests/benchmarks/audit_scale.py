"""Time and memory of the command ``audit`` by the number of images: ``make bench-audit IMAGES=100000``.

The images are simulated in a temporary folder, with near-duplicates among them. Each number of images is
audited by a process of its own, which is the real command with a clock around its stages.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from paths import ROOT
from process_usage import follow

from core.csv_table import read_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 500  # images made at a time, which have a folder of their own class
EVERY = 10  # one image in so many is a near-duplicate of the one before
CLASSES = ("benign", "malignant", "normal")
SIZE = (120, 160)

# The stages of the command, by the functions that they are; the seconds go to a file.
CLOCK = """
import importlib, json, runpy, sys, time
stages, began = {}, time.perf_counter()
for module, name, stage in (
    ("core.data.reader", "walk", "listing"),
    ("core.data.image_facts", "read_facts", "reading"),
    ("core.data.duplicates.search", "near_duplicate_groups", "near-duplicates"),
):
    module = importlib.import_module(module)
    def timed(*arguments, function=getattr(module, name), stage=stage, **options):
        start = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            stages[stage] = time.perf_counter() - start
    setattr(module, name, timed)
clock, *sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    with open(clock, "w") as file:
        json.dump(stages | {"all": time.perf_counter() - began}, file)
"""


class Measured(NamedTuple):
    """What one audit took.

    Attributes:
        stages: seconds of each stage; ``all`` is the whole command.
        processor: seconds of the processor that its processes took, which other programs disturb least.
        peak: largest sum of the proportional set sizes of its processes, bytes.
        groups: near-duplicate groups that it found.
    """

    stages: dict[str, float]
    processor: float
    peak: int
    groups: int


def write_images(folder: Path, count: int) -> None:
    """Write images of 160 × 120 pixels into class folders; every tenth is the one before, changed."""
    starts = range(0, count, BLOCK)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(partial(_write_block, folder), starts, [min(BLOCK, count - start) for start in starts]))


def _write_block(folder: Path, start: int, count: int) -> None:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(start)
    name = CLASSES[start // BLOCK % len(CLASSES)]
    inside = folder / name
    inside.mkdir(parents=True, exist_ok=True)
    image = np.zeros(SIZE, np.uint8)
    for number in range(start, start + count):
        image = _changed(image, rng) if number % EVERY == EVERY - 1 else _image(rng)
        ending = "jpg" if number % 2 else "png"
        cv2.imwrite(str(inside / f"{name} ({number}).{ending}"), image)


def _image(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Simulate an image: echoes of tissue in layers, under speckle."""
    coarse = rng.normal(size=(15, 20)).astype(np.float32)
    tissue = cv2.GaussianBlur(cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC), (0, 0), 3)
    speckle = cv2.GaussianBlur(rng.normal(size=SIZE).astype(np.float32), (0, 0), sigmaX=1.5, sigmaY=0.8)
    values = tissue / tissue.std() + 0.6 * speckle / speckle.std()
    return np.clip(90 + 35 * values, 0, 255).astype(np.uint8)


def _changed(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a near-duplicate: cropped at the sides, brighter or darker, and mirrored every other time."""
    left, right = rng.integers(2, 12, 2)
    cropped = cv2.convertScaleAbs(image[3:, left:-right], alpha=rng.uniform(0.8, 1.15), beta=5)
    return np.asarray(cropped[:, ::-1] if rng.random() < 0.5 else cropped, np.uint8)


def measure(folder: Path, output: Path) -> Measured:
    """Audit a folder with the real command, and return what that took.

    Raises:
        RuntimeError: the command failed; the message is what it printed.
    """
    clock, printed = output.with_suffix(".clock"), output.with_suffix(".txt")
    options = ["audit", str(folder), "--output", str(output)]
    command = [sys.executable, "-c", CLOCK, str(clock), str(ROOT / "train_cli.py"), *options]
    with (
        printed.open("w") as stream,
        subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream) as process,
    ):
        used = follow(process)
    if process.returncode:
        raise RuntimeError(printed.read_text())
    table = read_csv(output / "audit.csv", text_columns=("group",))
    sizes = table.loc[table["group"] != "", "group"].value_counts()
    return Measured(json.loads(clock.read_text()), used.processor, used.peak, int((sizes > 1).sum()))


def main(counts: list[int], folder: Path) -> None:
    """Audit folders of several numbers of images, each made below ``folder`` where it is not there."""
    for count in counts:
        images = folder / str(count)
        if not images.is_dir():
            write_images(images, count)
        with tempfile.TemporaryDirectory() as outputs:
            stages, processor, peak, groups = measure(images, Path(outputs) / "audit")
        whole = stages.pop("all")
        stages["rest"] = whole - sum(stages.values())
        print(  # noqa: T201
            f"{count:,} images: {whole:.1f} s, {count / whole:.0f} images/s, {processor:.1f} s of the "
            "processor ("
            + ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in stages.items())
            + f"); {peak / 2**20:.0f} MB at most; {groups} groups of near-duplicates",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="+", type=int, metavar="IMAGES", help="numbers of images")
    parser.add_argument("--folder", type=Path, help="existing folder in which the images stay")
    given = parser.parse_args()
    if given.folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            main(given.counts, Path(temporary))
    else:
        main(given.counts, given.folder)
