"""ROC and precision-recall curves."""

import pytest

from core.evaluation import ranking as evaluation_ranking
from core.evaluation.radiologists import CategoryPoint, Radiologists
from core.evaluation.results import Interval
from core.figures import style
from core.figures.roc import Readers, precision_recall, roc

NAMES = ("benign", "malignant", "normal")


def test_ranking_curves_keep_the_classes_colours() -> None:
    is_class, scores = [True, False, True], [0.8, 0.4, 0.4]
    colours = style.class_colours(NAMES)
    for figure in (
        roc(dict.fromkeys(NAMES, evaluation_ranking.roc(is_class, scores))),
        precision_recall(
            dict.fromkeys(NAMES, evaluation_ranking.precision_recall(is_class, scores)),
            dict.fromkeys(NAMES, 0.3),
        ),
    ):
        assert {trace.name: trace.line.color for trace in figure.data} == colours
        assert len({trace.line.dash for trace in figure.data}) == 3


def share(value: float) -> Interval:
    return Interval(value=value, low=value - 0.01, high=value + 0.01)


POINTS = tuple(
    CategoryPoint(category=name, sensitivity=share(sensitivity), specificity=share(specificity))
    for name, sensitivity, specificity in (("3", 0.98, 0.43), ("4A", 0.93, 0.78), ("5", 0.25, 0.99))
)
READINGS = Radiologists(
    positive_class="malignant",
    images=90,
    groups=90,
    auc=share(0.89),
    model_auc=share(0.8),
    auc_difference=share(-0.09),
    points=POINTS,
    biopsy=POINTS[1],
    model_sensitivity=None,
    at_specificity=None,
)


def test_radiologists_are_points_and_that_of_a_biopsy_is_filled() -> None:
    curve = evaluation_ranking.roc([True, False, True], [0.8, 0.4, 0.4])
    figure = roc(dict.fromkeys(NAMES, curve), Readers(READINGS, None))
    assert len(figure.data) == 4
    points = figure.data[-1]
    assert list(points.x) == pytest.approx([0.57, 0.22, 0.01])
    assert list(points.y) == [0.98, 0.93, 0.25]
    assert list(points.text) == ["≥ 3", "≥ 4A", "≥ 5"]
    assert list(points.marker.symbol) == ["diamond-open", "diamond", "diamond-open"]
    assert "sensitivity 93.0% (92.0% to 94.0%)" in points.customdata[1]
    without = READINGS.model_copy(update={"biopsy": None})
    points = roc(dict.fromkeys(NAMES, curve), Readers(without, None)).data[-1]
    assert set(points.marker.symbol) == {"diamond-open"}


def test_where_not_all_images_were_read_the_model_has_a_curve_on_those_that_were() -> None:
    curve = evaluation_ranking.roc([True, False, True], [0.8, 0.4, 0.4])
    figure = roc(dict.fromkeys(NAMES, curve), Readers(READINGS, curve))
    assert figure.data[-2].name == "same images"
    assert figure.data[-2].line.color == style.class_colours(NAMES)["malignant"]
