"""The reliability diagram."""

import numpy as np
import pytest

from core.evaluation import calibration
from core.figures import reliability


def test_the_reliability_diagram_counts_what_is_in_each_bin() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
    table = calibration.reliability([0, 1, 0, 1], chances, range(4), bins=5)
    points, bars = reliability.reliability(table).data
    assert list(bars.y) == [1, 2, 1]
    assert list(bars.x) == pytest.approx([0.5, 0.7, 0.9])
    assert list(points.x) == pytest.approx([0.5, 0.75, 0.9])
    assert list(points.y) == [1, 0.5, 1]
    assert list(points.error_y.arrayminus)[2] == pytest.approx(1 - table["accuracy_low"].iloc[4])
