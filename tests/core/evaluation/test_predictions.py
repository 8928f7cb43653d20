"""Probabilities, classes and groups in tables of predictions."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.predictions import (
    LabelledPredictions,
    class_indices,
    probability_columns,
    probability_matrix,
    row_probabilities,
)

NAMES = ("malignant", "benign")


def test_probabilities_are_in_class_order_whatever_the_order_of_the_columns() -> None:
    table = pd.DataFrame({"p_benign": [0.25, 0.5], "file": ["a", "b"], "p_malignant": [0.75, 0.5]})
    assert probability_columns(NAMES) == ["p_malignant", "p_benign"]
    np.testing.assert_array_equal(probability_matrix(table, NAMES), [[0.75, 0.25], [0.5, 0.5]])
    row = row_probabilities(table.to_dict("records")[0], NAMES)
    assert list(row.items()) == [("malignant", 0.75), ("benign", 0.25)]


def test_a_class_is_its_place_among_the_names() -> None:
    assert class_indices(["benign", "malignant", "benign"], NAMES).tolist() == [1, 0, 1]
    assert class_indices([], NAMES).dtype == np.int64
    with pytest.raises(KeyError):
        class_indices(["normal"], NAMES)


def test_a_table_holds_labelled_predictions() -> None:
    table = pd.DataFrame(
        {"true_class": ["benign", "malignant"], "group": [7, 3], "p_benign": [0.25, 0.5]}
    ).assign(p_malignant=[0.75, 0.5])
    truth, probabilities, groups = LabelledPredictions.from_table(table, NAMES)
    assert (truth.tolist(), groups.tolist()) == ([1, 0], [7, 3])
    np.testing.assert_array_equal(probabilities, [[0.75, 0.25], [0.5, 0.5]])
