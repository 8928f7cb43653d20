"""Images that are as alike as ultrasound images are, and none a near-duplicate of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def image(seed: int, height: int = 300, width: int = 360) -> NDArray[np.uint8]:
    """Return speckle over soft layers and blobs, with a dark ellipse, uint8 [height, width, 3]."""
    random = np.random.default_rng(seed)

    def blobs(rows: int, columns: int) -> NDArray[np.float32]:
        noise = random.normal(size=(rows, columns)).astype(np.float32)
        return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    depth = np.linspace(0.9, -0.9, height, dtype=np.float32)[:, None]
    tissue = depth + 0.4 * blobs(14, 1) + 0.7 * blobs(12, 9) + 0.4 * blobs(30, 30) + 0.3 * blobs(100, 90)
    lesion = np.zeros((height, width), np.float32)
    centre = (int(width * random.uniform(0.35, 0.65)), int(height * random.uniform(0.3, 0.5)))
    axes = (int(width * random.uniform(0.08, 0.16)), int(height * random.uniform(0.08, 0.14)))
    cv2.ellipse(lesion, centre, axes, 0, 0, 360, 1.0, -1)
    tissue -= 1.5 * cv2.GaussianBlur(lesion, (0, 0), 4)
    grey = np.clip(100 + 45 * tissue, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
