"""Radiologists' BI-RADS as a baseline: points, areas, and the paired difference."""

import numpy as np
import pandas as pd
import pytest

from core.data.provenance import BUSI, PHANTOM_DATA, DataSource, combine
from core.evaluation.predictions import LabelledPredictions
from core.evaluation.radiologists import category_score, compare, compare_table, describe, has_category


def readings(count: int = 60) -> tuple[np.ndarray, list[str]]:
    """Half of the images positive; one in six is called too high, or too low."""
    positive = np.arange(count) % 2 == 0
    wrong = np.arange(count) % 6 < 1
    return positive, ["4" if one != odd else "3" for one, odd in zip(positive, wrong, strict=True)]


@pytest.mark.parametrize(
    ("category", "score"),
    [
        *(("4", 4.0), ("BI-RADS 5", 5.0), ("birads3", 3.0), ("4a", 4.25), ("4B", 4.5), (" 4c ", 4.75)),
        *(("4.0", 4.0), ("BI-RADS: 4", 4.0), ("BIRADS-5", 5.0), ("4-A", 4.25)),
    ],
)
def test_a_category_has_a_score(category: str, score: float) -> None:
    assert category_score(category) == score


@pytest.mark.parametrize("category", ["", "0", "6", "BI-RADS 6", "7", "nan", "benign"])
def test_what_is_no_assessment_has_none(category: str) -> None:
    assert np.isnan(category_score(category))


def test_the_point_of_a_category_and_the_models_there() -> None:
    positive, categories = readings()
    scores = np.where(positive, 0.9, 0.1)
    found = compare(positive, scores, categories, np.arange(60), positive_class="malignant", seed=0)
    (point,) = found.points
    assert point.category == "4"
    assert point.sensitivity.value == pytest.approx(20 / 30)
    assert point.specificity.value == 1
    assert found.auc.value == pytest.approx((20 + 10 * 0.5) / 30)
    assert found.model_auc.value == 1
    assert found.auc_difference.value == pytest.approx(1 - found.auc.value)
    assert found.auc_difference.low > 0
    assert found.model_sensitivity.value == 1
    areas, _, at_4, no_contest = describe(found, PHANTOM_DATA)
    assert areas.startswith("Radiologists' BI-RADS on the same 60 images: AUC 0.833")
    assert at_4.startswith("From BI-RADS 4 on: sensitivity 0.667")
    assert "how the lesions were chosen, these data do not say" in no_contest


@pytest.mark.parametrize(("lower", "higher"), [("3", "4"), ("3", "4A"), ("3", "5")])
def test_the_biopsys_point_is_that_of_the_first_category_from_4_on(lower: str, higher: str) -> None:
    positive, categories = readings()
    named = [{"3": lower, "4": higher}[category] for category in categories]
    found = compare(positive, positive * 0.5, named, np.arange(60), positive_class="malignant", seed=0)
    assert found.biopsy is not None
    assert found.biopsy.category == higher
    assert found.biopsy in found.points
    assert len(describe(found, PHANTOM_DATA)) == 4


@pytest.mark.parametrize(("lower", "higher"), [("4", "5"), ("4A", "4B"), ("4", "4C"), ("2", "3")])
def test_without_images_on_both_sides_of_4_there_is_no_point_of_a_biopsy(lower: str, higher: str) -> None:
    positive, categories = readings()
    named = [{"3": lower, "4": higher}[category] for category in categories]
    found = compare(positive, positive * 0.5, named, np.arange(60), positive_class="malignant", seed=0)
    assert [point.category for point in found.points] == [higher]
    assert (found.biopsy, found.model_sensitivity, found.at_specificity) == (None, None, None)
    assert len(describe(found, PHANTOM_DATA)) == 3


def test_the_same_scores_do_not_differ() -> None:
    positive, categories = readings()
    scores = np.array([int(category) / 10 for category in categories])
    found = compare(positive, scores, categories, np.arange(60), positive_class="malignant", seed=0)
    assert found.auc_difference.value == 0
    assert found.auc_difference.low < 0 < found.auc_difference.high


def test_images_without_a_category_are_not_compared() -> None:
    positive, categories = readings(120)
    known = ["" if number >= 60 else category for number, category in enumerate(categories)]
    found = compare(positive, positive * 0.5, known, np.arange(120), positive_class="malignant", seed=0)
    assert found.images == has_category(known).sum() == 60
    few = [category if number < 18 else "" for number, category in enumerate(categories)]
    assert compare(positive, positive * 0.5, few, np.arange(120), positive_class="m", seed=0) is None


def test_what_a_biopsy_proved_before_is_no_reading() -> None:
    positive, categories = readings(120)
    known = categories[:60] + ["6" if one else "0" for one in positive[60:]]
    found = compare(positive, positive * 0.5, known, np.arange(120), positive_class="malignant", seed=0)
    alone = compare(
        positive[:60], positive[:60] * 0.5, categories[:60], np.arange(60), positive_class="malignant", seed=0
    )
    assert found == alone


def test_only_of_busbra_it_is_known_what_the_radiologists_saw() -> None:
    positive, categories = readings()
    found = compare(positive, positive * 0.5, categories, np.arange(60), positive_class="malignant", seed=0)
    busbra = DataSource(name="BUS-BRA", simulated=False, patient_ids=True)
    both = combine({"here": BUSI, "there": busbra})
    for data, known in ((busbra, True), (both, True), (BUSI, False)):
        text = " ".join(describe(found, data))
        assert ("in BUS-BRA the radiologists saw more than one image of a patient" in text) is known
        assert ("holds biopsied lesions only" in text) is known


def test_a_table_without_categories_is_not_compared() -> None:
    positive, categories = readings()
    probabilities = np.stack([1 - positive * 0.5, positive * 0.5], axis=1)
    predictions = LabelledPredictions(positive.astype(np.int64), probabilities, np.arange(60))
    options = {"class_names": ("benign", "malignant"), "seed": 0}
    table = pd.DataFrame({"birads": categories})
    found = compare_table(table, predictions, positive_class="malignant", **options)
    assert found is not None
    assert (found.images, found.model_auc.value) == (60, 1)
    assert compare_table(table[[]], predictions, positive_class="malignant", **options) is None
    assert compare_table(table, predictions, positive_class=None, **options) is None


@pytest.mark.busbra
def test_the_radiologists_of_busbra(busbra) -> None:
    table = pd.read_csv(busbra / "bus_data.csv", dtype=str)
    positive = (table["Pathology"] == "malignant").to_numpy()
    found = compare(
        positive, positive * 0.5, list(table["BIRADS"]), table["Case"], positive_class="malignant", seed=0
    )
    assert found.auc.value == pytest.approx(0.889, abs=5e-4)
    measured = {
        point.category: (round(point.sensitivity.value, 3), round(point.specificity.value, 3))
        for point in found.points
    }
    assert measured == {"3": (0.984, 0.435), "4": (0.932, 0.776), "5": (0.252, 0.997)}
    assert found.biopsy == found.points[1]
