"""The chart of the GRIM test."""

import numpy as np

from core.figures.grim import denominators


def test_denominators_mark_the_numbers_that_fit_all() -> None:
    figure = denominators(np.array([30, 31, 32]), np.array([1, 2, 0]), 2)
    some, legend, whole = figure.data
    assert (list(whole.x), list(whole.y)) == ([31], [2])
    assert (list(some.x), list(some.y)) == ([30, 32], [1, 0])
    assert legend.name == "some fit"
    assert figure.layout.annotations[0].text == "<b>31</b>"
    assert not denominators(np.array([30]), np.array([1]), 2).layout.annotations


def test_thousands_of_numbers_are_one_path() -> None:
    figure = denominators(np.arange(30, 3000), np.zeros(2970, int), 2)
    (strokes,) = figure.layout.shapes
    assert strokes.path.startswith("M30,-0.10V0.10 M31,-0.10V0.10 ")
    assert strokes.path.count("M") == 2970
    assert figure.data[0].mode == "none"
