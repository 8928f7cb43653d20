"""Occlusion map: drop of the class probabilities when a square of the image is covered.

Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (ECCV), section 4.2. The map
uses the predictions of the network, not its gradients; its resolution is the step of the square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.images.preprocessing import fit
from core.inference.onnx_graph import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.inference.classifier import Classifier

# Cells per side of the image; the square covers 2 × 2 cells and moves by one.
CELLS = 16


class OcclusionMap(NamedTuple):
    """An occlusion map.

    Attributes:
        drop: float32 [C, 16, 16], -1 to 1; drop of the probability of a class, averaged over the squares
            that cover a cell: four, two at the edges, one in the corners. Negative where it rises.
        square: side of the square, pixels of the input.
        step: step of the square, pixels of the input; rounded where 16 does not divide the side.
    """

    drop: NDArray[np.float32]
    square: int
    step: int


def occlusion_map(
    classifier: Classifier, image: NDArray[np.uint8], progress: Callable[[int, int], object]
) -> OcclusionMap:
    """Classify an image with a covering square at each of 225 positions.

    The square has the mean colour of the image, since black or white could look like a finding: cysts are
    black.

    Args:
        classifier: classifier with its preprocessing.
        image: uint8 [H, W, 3] of any size.
        progress: function of (images classified, images in all).

    Raises:
        QueueFullError: the queue is full.
    """
    fitted = fit(image, classifier.preprocessing)
    edges = np.rint(np.linspace(0, len(fitted), CELLS + 1)).astype(int)
    fill = np.rint(fitted.mean(axis=(0, 1))).astype(np.uint8)
    positions = [(row, column) for row in range(CELLS - 1) for column in range(CELLS - 1)]
    uncovered = _probabilities(classifier, [fitted])[0]
    drop = np.zeros((len(uncovered), CELLS, CELLS), np.float32)
    counts = np.zeros((CELLS, CELLS), np.float32)
    for start in range(0, len(positions), BATCH):
        batch = positions[start : start + BATCH]
        covered = []
        for row, column in batch:
            image_with_square = fitted.copy()
            image_with_square[edges[row] : edges[row + 2], edges[column] : edges[column + 2]] = fill
            covered.append(image_with_square)
        for (row, column), probabilities in zip(batch, _probabilities(classifier, covered), strict=True):
            cells = (slice(row, row + 2), slice(column, column + 2))
            drop[:, *cells] += (uncovered - probabilities)[:, np.newaxis, np.newaxis]
            counts[cells] += 1
        progress(start + len(batch), len(positions))
    step = round(len(fitted) / CELLS)
    return OcclusionMap(drop / counts, 2 * step, step)


def _probabilities(classifier: Classifier, fitted: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    predictions = classifier.classify_fitted(fitted)
    return np.array([list(prediction.probabilities.values()) for prediction in predictions], np.float32)
