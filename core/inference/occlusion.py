"""Occlusion: what the answer loses when a part of the image is covered.

Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (ECCV), section 4.2: a grey
square moves over the image, and the probability of a class is followed. It asks the network itself, not
its gradients, and is as fine as the steps of the square.
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

# The image is cut into so many cells a side; the square covers 2 × 2 of them and moves by one.
CELLS = 16


class OcclusionMap(NamedTuple):
    """How much the covered parts mattered.

    Attributes:
        drop: float32 [C, 16, 16], -1 to 1: by how much the probability of a class falls, on average over the
            squares that cover a cell: four, at the rim two, in the corners one. Below 0 it rises.
        square: side of the square, pixels of the input.
        step: between two places of the square, pixels of the input; rounded where 16 does not divide it.
    """

    drop: NDArray[np.float32]
    square: int
    step: int


def occlusion_map(
    classifier: Classifier, image: NDArray[np.uint8], progress: Callable[[int, int], object]
) -> OcclusionMap:
    """Cover each part of an image in turn and classify what is left: 225 images.

    The square has the image's mean colour. Black, or white, would be a finding of its own: a cyst is black.

    Args:
        classifier: asked 16 images at a time.
        image: uint8 [H, W, 3] of any size.
        progress: called with the images classified so far, and their number.
    """
    fitted = fit(image, classifier.preprocessing)
    edges = np.rint(np.linspace(0, len(fitted), CELLS + 1)).astype(int)
    fill = np.rint(fitted.mean(axis=(0, 1))).astype(np.uint8)
    places = [(row, column) for row in range(CELLS - 1) for column in range(CELLS - 1)]
    whole = _probabilities(classifier, [fitted])[0]
    fallen = np.zeros((len(whole), CELLS, CELLS), np.float32)
    squares = np.zeros((CELLS, CELLS), np.float32)
    for start in range(0, len(places), BATCH):
        part = places[start : start + BATCH]
        covered = []
        for row, column in part:
            one = fitted.copy()
            one[edges[row] : edges[row + 2], edges[column] : edges[column + 2]] = fill
            covered.append(one)
        for (row, column), probabilities in zip(part, _probabilities(classifier, covered), strict=True):
            cells = (slice(row, row + 2), slice(column, column + 2))
            fallen[:, *cells] += (whole - probabilities)[:, np.newaxis, np.newaxis]
            squares[cells] += 1
        progress(start + len(part), len(places))
    step = round(len(fitted) / CELLS)
    return OcclusionMap(fallen / squares, 2 * step, step)


def _probabilities(classifier: Classifier, fitted: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    answers = classifier.classify_fitted(fitted)
    return np.array([list(answer.probabilities.values()) for answer in answers], np.float32)
