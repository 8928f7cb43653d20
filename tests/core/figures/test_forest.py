"""Forest plots."""

import pytest

from core.evaluation.repeated_splits import RepeatedMetric
from core.figures.forest import forest


def test_estimates_write_their_interval_clear_of_the_reported_line() -> None:
    rows = {
        name: RepeatedMetric(mean=mean, low=low, high=high, standard_deviation=None, values=(mean,))
        for name, (mean, low, high) in {"a": (0.88, 0.85, 0.91), "b": (0.7, 0.6, 0.75)}.items()
    }
    figure = forest(rows, "accuracy", reported=0.9, reported_by="the paper: 90%")
    bars = figure.data[0].error_x
    assert [*bars.array, *bars.arrayminus] == pytest.approx([0.03, 0.05, 0.03, 0.1])
    words = {each.y: each for each in figure.layout.annotations if each.y in rows}
    assert words["a"].text == "88.0% (85.0%–91.0%)"
    assert all(each.x <= 0.9 and each.xanchor == "right" for each in words.values())
    assert figure.layout.shapes[0].x0 == 0.9
    low, high = figure.layout.xaxis.range
    assert low < 0.6
    assert high > 1
