"""The figures of the home page and of the data audit."""

import numpy as np
import pytest

from core.data.leak_simulation import Leak
from core.evaluation.repeated_splits import RepeatedMetric
from core.figures.forest import estimates
from core.figures.grim import denominators
from core.figures.leak_simulation import draws
from core.figures.workflow import STEPS, in_words, pipeline

# Pixels that a letter of size 12 takes on average, and the width of a box on a screen of 390.
LETTER, BOX = 6.2, 160


def test_the_drawing_fits_a_narrow_screen_and_says_all_in_words() -> None:
    for step in STEPS:
        assert max(len(line) for line in (step.title, *step.lines)) * LETTER <= BOX
        assert all(line in in_words() for line in step.lines)
    # Between two boxes there is an arrow, and each starts at the border of the one before.
    arrows = [each for each in pipeline().layout.annotations if each.showarrow]
    assert len(arrows) == len(STEPS) - 1
    boxes = pipeline().layout.shapes
    for arrow, before, after in zip(arrows, boxes, boxes[1:], strict=False):
        for x, y, box in ((arrow.ax, arrow.ay, before), (arrow.x, arrow.y, after)):
            assert box.x0 - 1e-9 <= x <= box.x1 + 1e-9
            assert box.y0 - 1e-9 <= y <= box.y1 + 1e-9


def test_estimates_write_their_interval_clear_of_the_reported_line() -> None:
    rows = {
        name: RepeatedMetric(mean=mean, low=low, high=high, standard_deviation=None, values=(mean,))
        for name, (mean, low, high) in {"a": (0.88, 0.85, 0.91), "b": (0.7, 0.6, 0.75)}.items()
    }
    figure = estimates(rows, "accuracy", reported=0.9, reported_by="the paper: 90%")
    bars = figure.data[0].error_x
    assert [*bars.array, *bars.arrayminus] == pytest.approx([0.03, 0.05, 0.03, 0.1])
    words = {each.y: each for each in figure.layout.annotations if each.y in rows}
    assert words["a"].text == "88.0% (85.0%–91.0%)"
    assert all(each.x <= 0.9 and each.xanchor == "right" for each in words.values())
    assert figure.layout.shapes[0].x0 == 0.9
    low, high = figure.layout.xaxis.range
    assert low < 0.6
    assert high > 1


def test_denominators_mark_the_numbers_that_fit_all() -> None:
    figure = denominators(np.array([30, 31, 32]), np.array([1, 2, 0]), 2)
    assert (list(figure.data[1].x), list(figure.data[1].y)) == ([31], [2])
    assert figure.layout.annotations[0].text == "<b>31</b>"
    assert not denominators(np.array([30]), np.array([1]), 2).layout.annotations


def test_draws_mark_this_split_among_the_others() -> None:
    outcomes = [Leak(10, 3, recalled, 0.5) for recalled in (0.7, 0.6, 0.8)]
    figure = draws({"at random": outcomes, "by group": outcomes[:1]}, 0.5)
    assert [list(each.x) for each in figure.data] == [[0.6, 0.8], [0.7], [], [0.7]]
    assert figure.layout.shapes[0].x0 == 0.5
