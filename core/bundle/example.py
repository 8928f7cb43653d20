"""The example image of a model: the image of the positive class with the median probability of that class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.bundle.manifest import TEST_SET
from core.evaluation.predictions import class_indices, probability_matrix, row_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle

RULE = (
    "Of the {chosen_from:,} {of_class}test images, this is the one with the median probability of the true "
    "class: a typical case, not a hand-picked one, whether its prediction is correct or wrong."
)


class Example(NamedTuple):
    """A test image, its true class and the stored prediction.

    Attributes:
        file: name of the image file.
        true_class: label.
        probabilities: class name → probability.
        pixels: network input, uint8 [S, S, 3].
        of_class: class of the test images that it was chosen from; '' where it was chosen from all.
        chosen_from: number of these images.
        correct: number of these images that are predicted correctly.
    """

    file: str
    true_class: str
    probabilities: dict[str, float]
    pixels: NDArray[np.uint8]
    of_class: str
    chosen_from: int
    correct: int

    @property
    def predicted_class(self) -> str:
        """Class with the highest probability."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


def median_row(test_set: pd.DataFrame, class_names: list[str] | tuple[str, ...]) -> int:
    """Return the number of the row with the median probability of the true class.

    Args:
        test_set: table of N test images with ``file``, ``true_class`` and a probability per class.
        class_names: names of the classes.

    Returns:
        Row number, 0 to N - 1; of an even number of rows the lower median, of ties the first by file name.
    """
    probabilities = probability_matrix(test_set, class_names)
    of_true_class = probabilities[
        np.arange(len(test_set)), class_indices(test_set["true_class"], class_names)
    ]
    order = np.lexsort((test_set["file"].to_numpy(str), of_true_class))
    middle = of_true_class[order[(len(order) - 1) // 2]]
    return int(next(row for row in order if of_true_class[row] == middle))


def find(
    bundle: Bundle, network_input: Callable[[str], NDArray[np.uint8] | None] | None = None
) -> Example | None:
    """Return the example of a bundle, or None where its image cannot be had.

    It is one of the positive class's images, since those show what the model is for; one of all images where
    the bundle has no positive class, or no test image of it.

    Args:
        bundle: the bundle.
        network_input: function that returns an image, uint8 [S, S, 3], by the SHA-256 of the original pixels,
            or None; by default the images stored in the bundle.

    Raises:
        BundleError: a table cannot be read.
    """
    names, positive = bundle.manifest.class_names, bundle.manifest.positive_class
    test_set = bundle.table(TEST_SET)
    considered = test_set[test_set["true_class"] == positive]
    of_class = positive if positive is not None and len(considered) else ""
    considered = considered if of_class else test_set
    row = considered.iloc[median_row(considered, names)]
    pixels = (network_input or bundle.test_images().get)(row["sha256"])
    if pixels is None:
        return None
    predicted = probability_matrix(considered, names).argmax(axis=1)
    return Example(
        row["file"],
        row["true_class"],
        row_probabilities(row.to_dict(), names),
        pixels,
        of_class,
        len(considered),
        int((predicted == class_indices(considered["true_class"], names)).sum()),
    )
