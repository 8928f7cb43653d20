"""Images per second of core.augmentation over those of Keras's ImageDataGenerator, on one core."""

import time

import cv2
import numpy as np

from core.augmentation import augment
from core.recipe import AUGMENTATIONS

ROUNDS = 15


def run() -> list[tuple[str, float, str]]:
    """Return what was measured, the ratio, and what is demanded of it.

    Both augment the same noise pictures, uint8 [150, 150, 3], with the ranges of the paper's Table 1. Keras
    is asked for random_transform alone, without the batches and the scaling that its iterators add. The
    two take turns, and what counts is processor time, so that other programs disturb neither.
    """
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    paper, rng = AUGMENTATIONS["paper"], np.random.default_rng(0)
    generator = ImageDataGenerator(rotation_range=20, zoom_range=0.2, shear_range=0.2)
    pictures = rng.integers(0, 256, (8, 150, 150, 3), dtype=np.uint8)
    floats = pictures.astype(np.float32)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for picture in np.repeat(pictures, 20, axis=0):
            augment(picture, paper, rng)
        middle = time.process_time()
        for picture in floats:
            generator.random_transform(picture)
        ours.append((middle - start) / (20 * len(pictures)))
        theirs.append((time.process_time() - middle) / len(pictures))
    cv2.setNumThreads(threads)
    ratio = float(np.median(theirs) / np.median(ours))
    what = f"augmentation, images/s over Keras's ({1 / np.median(ours):.0f} over {1 / np.median(theirs):.0f})"
    return [(what, ratio, "at least 20")]


if __name__ == "__main__":
    for what, ratio, demand in run():
        print(f"{what}: {ratio:.1f} ({demand})")  # noqa: T201
