"""Predicted classes and margins, against the metrics and by hand."""

import numpy as np
from random_predictions import CLASSES

from core.evaluation import confusion
from core.evaluation.metrics import evaluate


def test_without_a_threshold_the_most_probable_class_is_predicted() -> None:
    assert confusion.decide([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]).tolist() == [0, 2]


def test_from_its_threshold_on_the_positive_class_is_predicted_and_else_the_best_of_the_others() -> None:
    probabilities = [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.29, 0.51], [0.2, 0.8, 0.0]]
    assert confusion.decide(probabilities, 1, 0.3).tolist() == [1, 1, 2, 1]
    # Above the most probable class: the image is then predicted as another.
    assert confusion.decide(probabilities, 1, 0.7).tolist() == [0, 2, 2, 1]
    assert confusion.decide(probabilities, 1, 0.0).tolist() == [1, 1, 1, 1]


def test_margins_are_the_metrics_that_evaluate_gives(predictions) -> None:
    truth, probabilities, groups = predictions
    predicted = confusion.decide(probabilities)
    margins = confusion.margins(truth, predicted, groups, 3)
    metrics = evaluate(
        truth, probabilities, groups, class_names=CLASSES, positive_class="malignant", threshold=0.25, seed=0
    )
    assert margins.accuracy == metrics.accuracy
    for index, name in enumerate(CLASSES):
        expected = metrics.per_class[name]
        assert margins.recall[index] == expected.sensitivity
        assert margins.specificity[index] == expected.specificity
        assert margins.precision[index] == expected.precision
    matrix = confusion.count(truth, predicted, 3)
    assert np.array_equal(matrix, metrics.confusion_matrix)
    assert matrix.sum(axis=1).tolist() == np.bincount(truth).tolist()
    at_threshold = confusion.margins(truth, confusion.decide(probabilities, 1, 0.25), groups, 3)
    assert at_threshold.recall[1] == metrics.operating_point.sensitivity
    assert at_threshold.specificity[1] == metrics.operating_point.specificity


def test_what_has_no_image_has_no_margin() -> None:
    margins = confusion.margins([0, 0, 1], [0, 0, 0], [1, 2, 3], 3)
    assert margins.recall[2] is None
    assert margins.precision[1:] == (None, None)
    assert margins.recall[0].low < margins.recall[0].value == 1


def test_an_image_without_an_answer_is_an_error_everywhere_and_in_no_cell() -> None:
    truth, given = [0, 0, 0, 1, 1], [0, confusion.UNANSWERED, 1, 1, confusion.UNANSWERED]
    assert confusion.count(truth, given, 2).tolist() == [[1, 1], [0, 1]]
    margins = confusion.margins(truth, given, range(5), 2)
    assert margins.accuracy.value == 2 / 5
    assert [each.value for each in margins.recall] == [1 / 3, 1 / 2]
    assert [each.value for each in margins.specificity] == [1 / 2, 1 / 3]
    assert [each.value for each in margins.precision] == [1, 1 / 2]
