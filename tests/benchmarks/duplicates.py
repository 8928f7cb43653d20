"""Time and memory of finding the near-duplicates among 100,000 images."""

from __future__ import annotations

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import cv2
import numpy as np

from core.data.duplicates.fingerprint import fingerprint
from core.data.duplicates.search import near_duplicate_groups

IMAGES = 100_000
EVERY = 5  # one image in so many is a near-duplicate of the one before


def synthetic_fingerprints(count: int) -> list[str]:
    """Fingerprints of smoothed noise; every fifth image is the one before, cropped and brighter."""
    rng = np.random.default_rng(0)
    fingerprints = []
    image = np.zeros((64, 64), np.uint8)
    for number in range(count):
        if number % EVERY == EVERY - 1:
            image = cv2.convertScaleAbs(image[1:-1, 1:-2], alpha=1.1, beta=5)
        else:
            noise = cv2.GaussianBlur(rng.normal(size=(64, 64)), (0, 0), rng.uniform(3, 7))
            image = np.asarray(cv2.normalize(noise, None, 0, 200, cv2.NORM_MINMAX), np.uint8)
        fingerprints.append(fingerprint(image))
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
    """Group 100,000 synthetic fingerprints in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, memory, found, merged = pool.submit(measure, IMAGES).result()
    name = f"{IMAGES:,} synthetic fingerprints"
    return [
        (f"seconds to group {name}", seconds, "≤ 300"),
        (f"peak memory of making and grouping {name}, GB", memory, "≤ 2"),
        (f"share of the near-duplicates found among {name}", found, "high"),
        (f"share of the distinct images merged among {name}", merged, "near 0"),
    ]
