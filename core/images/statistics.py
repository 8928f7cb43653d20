"""Statistics of an image's grey values, colours and texture, which tell what can be no ultrasound image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.images.frame import to_grey

if TYPE_CHECKING:
    from cv2.typing import MatLike
    from numpy.typing import NDArray

_EDGES = np.array([0, 8, 32, 64, 96, 128, 160, 192, 224, 248, 256])  # of the histogram of grey values
_REDUCTIONS = (1, 2, 4, 8)  # of the image's side, at which differences of neighbours are measured
_EQUAL = 1  # grey levels by which neighbours of a flat region differ at most
WIDTH = 3 + len(_EDGES) - 1 + 6 * len(_REDUCTIONS)
"""Number of statistics."""


def statistics(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return statistics of an image, float32 [WIDTH].

    They are mean and standard deviation of the saturation, the mean grey value, a histogram of grey values,
    and at four scales, in both directions, mean and standard deviation of the differences of neighbours and
    the share of neighbours that are equal.

    Args:
        pixels: uint8 [S, S, 3], the input of a network, S at least 32.
    """
    grey = to_grey(pixels)
    red, green, blue = cv2.split(pixels)
    saturation = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    counts = np.add.reduceat(np.bincount(grey.ravel(), minlength=256), _EDGES[:-1]) / grey.size
    found = [*np.log1p(_mean_and_spread(saturation)), grey.mean() / 255, *np.sqrt(counts)]
    for reduction in _REDUCTIONS:
        size = (grey.shape[1] // reduction, grey.shape[0] // reduction)
        smaller = cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for first, second in ((smaller[:, :-1], smaller[:, 1:]), (smaller[:-1], smaller[1:])):
            steps = cv2.absdiff(first, second)
            equal = np.count_nonzero(steps < _EQUAL) / steps.size
            found += [*np.log1p(_mean_and_spread(steps)), equal]
    return np.array(found, np.float32)


def _mean_and_spread(values: MatLike) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(spread[0, 0])
