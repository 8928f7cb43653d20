"""The chart of the GRIM test."""

import numpy as np

from core.figures.grim import denominators


def test_denominators_mark_the_numbers_that_fit_all() -> None:
    figure = denominators(np.array([30, 31, 32]), np.array([1, 2, 0]), 2)
    assert (list(figure.data[1].x), list(figure.data[1].y)) == ([31], [2])
    assert figure.layout.annotations[0].text == "<b>31</b>"
    assert not denominators(np.array([30]), np.array([1]), 2).layout.annotations
