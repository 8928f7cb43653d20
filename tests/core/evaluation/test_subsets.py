"""Metrics by source and column: what is absent from a source, and what is renormalised."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.subsets import MAX_VALUES, columns_of, measure_subsets, renormalised

NAMES = ("benign", "malignant", "normal")
OPTIONS = {"class_names": NAMES, "positive_class": "malignant", "threshold": None, "seed": 0}
# The second source has no normal image; one of its benign images is predicted as normal.
TRUTH = np.array([0, 1, 2, 0, 0, 1, 1])
PROBABILITIES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.1, 0.8, 0.1],
        [0.1, 0.1, 0.8],
        [0.3, 0.1, 0.6],
        [0.7, 0.2, 0.1],
        [0.2, 0.7, 0.1],
        [0.5, 0.3, 0.2],
    ]
)
SOURCES = ["home"] * 3 + ["away"] * 4


def measured(**columns: list):
    found = measure_subsets(TRUTH, PROBABILITIES, np.arange(7), columns, **OPTIONS)
    return {(one.column, one.value): one for one in found}


def test_an_absent_class_counts_as_an_error_or_is_renormalised_away() -> None:
    away = measured(source=SOURCES)["source", "away"]
    assert away.as_predicted.accuracy.value == pytest.approx(2 / 4)
    assert away.as_predicted.macro_f1.value == pytest.approx((0.5 + 2 / 3) / 2)
    assert away.among_present.accuracy.value == pytest.approx(3 / 4)
    assert set(away.among_present.per_class) == {"benign", "malignant"}


def test_a_source_with_all_classes_has_one_form() -> None:
    home = measured(source=SOURCES)["source", "home"]
    assert home.among_present is None
    assert home.as_predicted.accuracy.value == 1


def test_a_column_that_tells_nothing_is_left_out_and_unknown_values_belong_to_none() -> None:
    found = measured(source=["one"] * 7, device=["", "", "", "A", "A", "B", "B"])
    assert list(found) == [("device", "A"), ("device", "B")]
    assert found["device", "A"].as_predicted.images == 2
    assert found["device", "A"].among_present is None  # of one class


def test_one_value_is_measured_where_some_images_lack_it() -> None:
    found = measured(source=["one"] * 7, device=["A"] * 4 + [""] * 3, birads=[""] * 7)
    assert {key: one.as_predicted.images for key, one in found.items()} == {("device", "A"): 4}


def test_a_column_of_single_images_is_no_machine() -> None:
    found = measured(source=SOURCES, device=list("ABCDEFG"))
    assert {one for one, _ in found} == {"source", "device"}
    truth = np.arange(MAX_VALUES + 1) % 3
    serial = [f"{number}" for number in range(MAX_VALUES + 1)]
    assert measure_subsets(truth, np.eye(3)[truth], truth, {"device": serial}, **OPTIONS) == ()


def test_a_table_is_told_apart_by_source_known_columns_and_lesion_size() -> None:
    table = pd.DataFrame(
        {"file": ["a", "b"], "source": ["X", "Y"], "birads": ["4", ""], "lesion_area": [0.2, float("nan")]}
    )
    assert columns_of(table) == {
        "source": ["X", "Y"],
        "birads": ["4", ""],
        "lesion_area": ["lesion 10 % of the image or more", ""],
    }
    assert columns_of(table[["file"]]) == {}


def test_images_are_named_by_what_they_share() -> None:
    found = measured(source=SOURCES, device=["A"] * 3 + ["B"] * 4, birads=["4"] * 3 + ["5"] * 4)
    found |= measured(lesion_area=["lesion under 5 % of the image"] * 3 + [""] * 4)
    assert [one.label for one in found.values()] == [
        *("away", "home", "machine A", "machine B", "BI-RADS 4", "BI-RADS 5"),
        "lesion under 5 % of the image",
    ]


def test_renormalising_keeps_ratios_and_survives_zeros() -> None:
    truth, kept, present = renormalised(np.array([2, 0]), np.array([[0.2, 0.6, 0.2], [0.0, 1.0, 0.0]]))
    assert present == [0, 2]
    assert truth.tolist() == [1, 0]
    np.testing.assert_allclose(kept, [[0.5, 0.5], [0.5, 0.5]])
