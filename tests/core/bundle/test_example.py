"""The example image of a model: the median by the probability of the true class."""

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES
from visit import FIRST, MODELS, SECOND

from core.bundle import example
from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_IMAGES, TEST_SET


def median(label: str) -> pd.Series:
    """The test image whose true class has the median probability, found in another way."""
    table = pd.read_parquet(MODELS / label / TEST_SET)
    of_truth = np.array([row[f"p_{row['true_class']}"] for row in table.to_dict("records")])
    above, below = (of_truth > of_truth[:, None]).sum(1), (of_truth < of_truth[:, None]).sum(1)
    return table[np.abs(above - below) <= (len(table) + 1) % 2].iloc[0]


@pytest.mark.parametrize("label", [FIRST, SECOND])
def test_the_example_is_the_median_image_with_its_stored_answer(label) -> None:
    found = example.find(open_bundle(MODELS / label))
    row = median(label)
    assert (found.file, found.true_class) == (row["file"], row["true_class"])
    assert list(found.probabilities.values()) == [row[f"p_{name}"] for name in found.probabilities]
    assert found.chosen_from == len(pd.read_parquet(MODELS / label / TEST_SET))


def test_of_two_in_the_middle_the_lower_and_of_equals_the_first_name_is_taken() -> None:
    table = pd.DataFrame(
        {"file": ["d", "c", "b", "a"], "true_class": ["x", "x", "y", "y"], "p_x": [0.9, 0.4, 0.6, 0.6]}
    ).assign(p_y=lambda table: 1 - table["p_x"])
    assert example.median_row(table, ["x", "y"]) == 3


def test_without_its_image_there_is_no_example(bundle) -> None:
    found = example.find(open_bundle(bundle))
    assert set(found.probabilities) == set(CLASSES)
    (bundle / TEST_IMAGES).unlink()
    assert example.find(open_bundle(bundle)) is None
