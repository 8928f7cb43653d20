"""Accuracy of the look-up in many splits."""

from core.data.leak_simulation import Leak
from core.figures.leak_simulation import lookup_accuracy


def test_many_splits_mark_this_split_among_the_others() -> None:
    outcomes = [Leak(10, 3, recalled, 0.5) for recalled in (0.7, 0.6, 0.8)]
    figure = lookup_accuracy({"at random": outcomes, "by group": outcomes[:1]}, 0.5)
    assert [list(each.x) for each in figure.data] == [[0.6, 0.8], [0.7], [], [0.7]]
    assert figure.layout.shapes[0].x0 == 0.5
