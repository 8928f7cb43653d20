import numpy as np
from runs import made

from core.evaluation.results import CalibrationError, Interval
from core.figures import captions


def test_curves_and_matrix_of_an_epoch_in_words():
    assert captions.curve(made(), "accuracy", 4).startswith(
        "Accuracy up to epoch 4: training 0.900, validation 0.650 for "
    )
    assert captions.validation_matrix(np.array([[2, 1], [0, 3]]), ["a", "b"], 7) == (
        "Validation confusion matrix of epoch 7. Predicted classes by true class: a: 2 a, 1 b; b: 0 a, 3 b"
    )


def test_rules_and_cells_in_words():
    assert captions.rule("malignant", None) == captions.rule(None, 0.2) == "most probable class"
    assert captions.rule("malignant", 0.2).startswith("malignant at a probability of 20.0% or more")
    counts = [[3, 1], [0, 0]]
    assert captions.cell(counts, 0, 1, "benign", strong="**") == "**1** of 4 benign images (25%)"
    assert captions.cell(counts, 1, 0, "malignant") == "0 of 0 malignant images (0%)"


def test_shares_and_probabilities():
    interval = Interval(value=0.843, low=0.732, high=0.917)
    assert captions.percent(interval) == "84.3% (73.2% to 91.7%)"
    assert captions.percent(None) == "does not apply"
    assert captions.rounded(interval) == "73–92%"
    assert captions.probabilities({"a": 0.2, "b": 0.8}) == "b 80.0%, a 20.0%"


def test_a_calibration_error_is_judged_by_chance():
    error = CalibrationError(value=0.2, perfect_mean=0.1, perfect_90th_percentile=0.15)
    assert captions.calibration(error).startswith("Higher than expected by chance")
    assert "0.100 on average" in captions.calibration_explained(error)
    small = error.model_copy(update={"value": 0.15})
    assert captions.calibration(small) == "Not distinguishable from perfect calibration."
