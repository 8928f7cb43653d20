"""The example image of a model: the test image with the median probability of its true class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.bundle.manifest import TEST_SET
from core.evaluation.predictions import class_indices, probability_matrix, row_probabilities

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle

RULE = (
    "Of {chosen_from:,} test images, this is the one with the median probability of the true class: a "
    "typical case, not a hand-picked one."
)


class Example(NamedTuple):
    """A stored test image, its true class and the stored prediction.

    Attributes:
        file: name of the image file.
        true_class: label.
        probabilities: class name → probability.
        pixels: uint8 [S, S, 3].
        chosen_from: number of test images.
    """

    file: str
    true_class: str
    probabilities: dict[str, float]
    pixels: NDArray[np.uint8]
    chosen_from: int


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


def find(bundle: Bundle) -> Example | None:
    """Return the example of a bundle from its stored tables, or None where the image is not stored.

    Raises:
        BundleError: a table cannot be read.
    """
    names = bundle.manifest.class_names
    test_set = bundle.table(TEST_SET)
    row = test_set.iloc[median_row(test_set, names)]
    pixels = bundle.test_images().get(row["sha256"])
    if pixels is None:
        return None
    return Example(
        row["file"], row["true_class"], row_probabilities(row.to_dict(), names), pixels, len(test_set)
    )
