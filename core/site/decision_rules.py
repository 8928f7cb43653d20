"""Predictions for the test set under the decision rules that a page offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation import confusion
from core.figures import captions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest
    from core.evaluation.confusion import Margins
    from core.evaluation.predictions import LabelledPredictions


class Decided(NamedTuple):
    """The predictions for N test images under a decision rule.

    Attributes:
        name: name of the rule.
        words: the rule in words.
        predicted: index of the predicted class, int64 [N].
        counts: confusion matrix, int64 [C, C], rows true, columns predicted classes.
        margins: recall, precision and accuracy with their confidence intervals.
    """

    name: str
    words: str
    predicted: NDArray[np.int64]
    counts: NDArray[np.int64]
    margins: Margins

    def inside(self, shown: LabelledPredictions, row: int, column: int) -> list[int]:
        """Return the numbers of the images in a cell, the most probable first."""
        found = np.flatnonzero((shown.truth == row) & (self.predicted == column))
        numbers: list[int] = found[np.argsort(-shown.probabilities[found, column], kind="stable")].tolist()
        return numbers


def rules(manifest: Manifest, shown: LabelledPredictions) -> list[Decided]:
    """Return the predictions for the test set by the most probable class, and at the operating point."""
    positive, operating = manifest.positive_class, manifest.decision.operating_threshold
    thresholds: dict[str, float | None] = {captions.MOST_PROBABLE: None}
    if positive is not None and operating is not None:
        thresholds["operating point"] = operating
    index = None if positive is None else manifest.class_names.index(positive)
    classes, found = len(manifest.class_names), []
    for name, threshold in thresholds.items():
        predicted = confusion.decide(shown.probabilities, index, threshold)
        counts = confusion.count(shown.truth, predicted, classes)
        margins = confusion.margins(shown.truth, predicted, shown.groups, classes)
        found.append(Decided(name, captions.rule(positive, threshold), predicted, counts, margins))
    return found
