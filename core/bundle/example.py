"""One test image that stands for a model, chosen by a rule and not by its looks."""

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
    "Of all {chosen_from:,} test images it is the one whose true class has the median probability: the "
    "model is surer of half of them, and less sure of the other half."
)


class Example(NamedTuple):
    """A stored test image, uint8 [S, S, 3], with what the model said of it when it was published."""

    file: str
    true_class: str
    probabilities: dict[str, float]
    pixels: NDArray[np.uint8]
    chosen_from: int
    """Test images."""


def median_row(test_set: pd.DataFrame, class_names: list[str] | tuple[str, ...]) -> int:
    """Return the row of a test set whose true class has the median probability.

    Of an even number of rows it is the lower of the two in the middle; of equal ones the first by file name.
    """
    chances = probability_matrix(test_set, class_names)
    of_truth = chances[np.arange(len(test_set)), class_indices(test_set["true_class"], class_names)]
    order = np.lexsort((test_set["file"].to_numpy(str), of_truth))
    middle = of_truth[order[(len(order) - 1) // 2]]
    return int(next(row for row in order if of_truth[row] == middle))


def find(bundle: Bundle) -> Example | None:
    """Return the bundle's example from its stored tables, or None where it leaves that image out.

    No network is loaded.

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
