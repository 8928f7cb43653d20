"""Augmentation against Keras's ImageDataGenerator, on one core."""

import time

import cv2
import numpy as np

from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import augment

ROUNDS = 15


def run() -> list[tuple[str, float, str]]:
    """Return what was measured, the ratio, and the ratio wanted.

    Images per second: both augment the same noise images, uint8 [150, 150, 3], with the ranges of the
    paper's Table 1. Keras is asked for random_transform alone, without the batches and the scaling that its
    iterators add. The two take turns, and processor time is measured, so that other programs disturb
    neither.
    """
    return [_against_keras()]


def _against_keras() -> tuple[str, float, str]:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    paper, rng = AUGMENTATIONS["paper"], np.random.default_rng(0)
    generator = ImageDataGenerator(rotation_range=20, zoom_range=0.2, shear_range=0.2)
    images = rng.integers(0, 256, (8, 150, 150, 3), dtype=np.uint8)
    floats = images.astype(np.float32)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for image in np.repeat(images, 20, axis=0):
            augment(image, paper, rng)
        middle = time.process_time()
        for image in floats:
            generator.random_transform(image)
        ours.append((middle - start) / (20 * len(images)))
        theirs.append((time.process_time() - middle) / len(images))
    cv2.setNumThreads(threads)
    ratio = float(np.median(theirs) / np.median(ours))
    what = f"augmentation, images/s over Keras's ({1 / np.median(ours):.0f} over {1 / np.median(theirs):.0f})"
    return what, ratio, "at least 20"


if __name__ == "__main__":
    for what, ratio, demand in run():
        print(f"{what}: {ratio:.1f} ({demand})")  # noqa: T201
