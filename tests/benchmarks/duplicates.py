"""Time and memory of finding the near-duplicates among 100,000 images, and recall of the neighbour index.

Run as a program, by ``make bench-million``, it compares 1,000,000 images with 100,000.
"""

from __future__ import annotations

import resource
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import cv2
import numpy as np
from paths import SHARED

from core.data.duplicates.candidates import MIDDLE, WHOLE, WIDER, CandidateIndex, look
from core.data.duplicates.fingerprint import content_fingerprint, fingerprint_levels
from core.data.duplicates.search import confirm, find_pairs, near_duplicate_groups
from core.data.image_facts import read_facts
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

IMAGES = 100_000
BLOCK = 5_000  # images made at a time
EVERY = 5  # one image in so many is a near-duplicate of the one before

# Name of the data set → its folder, and its images.
DATA = {
    "BUSI": (SHARED / "data" / "busi", "*/*.png"),
    "BUS-BRA": (SHARED / "data" / "busbra", "Images/*.png"),
}


def synthetic_fingerprints(count: int) -> list[str]:
    """Fingerprints of smoothed noise; every fifth image is the one before, cropped and brighter."""
    starts = range(0, count, BLOCK)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = pool.map(_block_of_fingerprints, starts, [min(BLOCK, count - start) for start in starts])
        return [text for part in parts for text in part]


def _block_of_fingerprints(seed: int, count: int) -> list[str]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    fingerprints = []
    image = np.zeros((64, 64), np.uint8)
    for number in range(count):
        if number % EVERY == EVERY - 1:
            image = cv2.convertScaleAbs(image[1:-1, 1:-2], alpha=1.1, beta=5)
        else:
            noise = cv2.GaussianBlur(rng.normal(size=(64, 64)), (0, 0), rng.uniform(3, 7))
            image = np.asarray(cv2.normalize(noise, None, 0, 200, cv2.NORM_MINMAX), np.uint8)
        fingerprints.append(content_fingerprint(image))
    return fingerprints


def measure(count: int) -> tuple[float, float, float, float]:
    """Return seconds, peak memory in GB, share of near-duplicates found, share of distinct images merged."""
    fingerprints = synthetic_fingerprints(count)
    began = time.perf_counter()
    groups = near_duplicate_groups(fingerprints)
    seconds = time.perf_counter() - began
    copies = np.arange(EVERY - 1, count, EVERY)
    found = float((groups[copies] == groups[copies - 1]).mean())
    originals = np.delete(groups, copies)
    merged = 1 - len(np.unique(originals)) / len(originals)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, found, merged


def run() -> list[tuple[str, float, str]]:
    """Group 100,000 synthetic fingerprints in a process of its own, and measure the recall of the index."""
    seconds, memory, found, merged = _in_a_process(measure, IMAGES)
    name = f"{IMAGES:,} synthetic fingerprints"
    return [
        (f"seconds to group {name}", seconds, "≤ 300"),
        (f"peak memory of making and grouping {name}, GB", memory, "≤ 2"),
        (f"share of the near-duplicates found among {name}", found, "high"),
        (f"share of the distinct images merged among {name}", merged, "near 0"),
        *(
            missed_pairs(name, sorted(folder.glob(files)))
            for name, (folder, files) in DATA.items()
            if folder.is_dir()
        ),
    ]


def missed_pairs(name: str, paths: list[Path]) -> tuple[str, float, str]:
    """Count the near-duplicate pairs, found by aligning all pairs, that the index does not lead to."""
    paths = [path for path in paths if "_mask" not in path.name]
    fingerprints = list(read_facts(list(map(str, paths))).table["fingerprint"])
    by_index, by_all = (
        {tuple(pair) for pair in pairs.tolist()}
        for pairs in (find_pairs(fingerprints), _all_pairs(fingerprints))
    )
    what = (
        f"pairs of 1,000 that the neighbour index misses, of {len(by_all):,} near-duplicate pairs of {name}"
    )
    return what, 1000 * len(by_all - by_index) / len(by_all), "≤ 1"


def _all_pairs(fingerprints: list[str]) -> NDArray[np.int64]:
    """Return the pairs of near-duplicates [P, 2] when each image is compared with each other one."""
    levels = fingerprint_levels(fingerprints)
    seen = look(levels, slice(0, len(levels)), (WHOLE, WIDER, MIDDLE))

    def with_one(number: int) -> NDArray[np.int64]:
        reference = levels[number : number + 1]
        images = confirm(levels, reference, CandidateIndex(reference, (WHOLE,)).match(seen)).image
        pairs = np.stack([images, np.full_like(images, number)], axis=1)
        return np.sort(pairs[images != number], axis=1)

    with ThreadPoolExecutor(usable_cores()) as pool:
        return np.unique(np.concatenate(list(pool.map(with_one, range(len(levels))))), axis=0)


def run_a_million() -> list[tuple[str, float, str]]:
    """Compare grouping 1,000,000 synthetic fingerprints with grouping 100,000."""
    (few, *_), (many, memory, found, merged) = (
        _in_a_process(measure, count) for count in (IMAGES, 10 * IMAGES)
    )
    name = f"{10 * IMAGES:,} synthetic fingerprints"
    what = f"time to group {name} over that for {IMAGES:,} ({many:.0f} s over {few:.0f} s)"
    return [
        (what, many / few, "≤ 15"),
        (f"peak memory of making and grouping {name}, GB", memory, "for information"),
        (f"share of the near-duplicates found among {name}", found, "high"),
        (f"share of the distinct images merged among {name}", merged, "near 0"),
    ]


def _in_a_process(
    work: Callable[[int], tuple[float, float, float, float]], count: int
) -> tuple[float, float, float, float]:
    # Its peak memory is that of this work alone.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, count).result()


if __name__ == "__main__":
    for what, value, demand in run_a_million():
        print(f"{value:8.2f}  (wanted: {demand})  {what}", flush=True)  # noqa: T201
