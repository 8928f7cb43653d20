"""The example image of a model: the median of the positive class by the probability of that class."""

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES
from visit import FIRST, MODELS, SECOND

from core.bundle import example
from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import TEST_IMAGES, TEST_SET


def median(table: pd.DataFrame) -> pd.Series:
    """The image whose true class has the median probability, found in another way."""
    of_truth = np.array([row[f"p_{row['true_class']}"] for row in table.to_dict("records")])
    above, below = (of_truth > of_truth[:, None]).sum(1), (of_truth < of_truth[:, None]).sum(1)
    return table[np.abs(above - below) <= (len(table) + 1) % 2].iloc[0]


@pytest.mark.parametrize("label", [FIRST, SECOND])
def test_the_example_is_the_median_image_of_the_positive_class_with_its_stored_prediction(label) -> None:
    found = example.find(open_bundle(MODELS / label))
    table = pd.read_parquet(MODELS / label / TEST_SET).query("true_class == 'malignant'")
    row = median(table)
    assert (found.file, found.true_class, found.of_class) == (row["file"], "malignant", "malignant")
    assert list(found.probabilities.values()) == [row[f"p_{name}"] for name in found.probabilities]
    assert found.chosen_from == len(table)
    best = table[["p_benign", "p_malignant", "p_normal"]].idxmax(axis=1)
    assert found.correct == (best == "p_malignant").sum()
    assert found.predicted_class == max(found.probabilities, key=found.probabilities.get)


def test_without_a_positive_class_the_example_is_one_of_all_images(bundle) -> None:
    fields = read_manifest(bundle).model_dump(exclude={"files", "schema_version"})
    write_manifest(bundle, **fields | {"positive_class": None})
    table = pd.read_parquet(bundle / TEST_SET)
    found = example.find(open_bundle(bundle))
    assert (found.file, found.of_class) == (median(table)["file"], "")
    assert found.chosen_from == len(table)


def test_the_image_may_come_from_elsewhere(bundle) -> None:
    expected = example.find(open_bundle(bundle))
    (bundle / TEST_IMAGES).unlink()
    elsewhere = np.zeros((4, 4, 3), np.uint8)
    found = example.find(open_bundle(bundle), lambda _sha256: elsewhere)
    assert found.file == expected.file
    assert found.pixels is elsewhere


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
