"""Sensitivity and specificity by threshold."""

from core.evaluation import ranking as evaluation_ranking
from core.figures.thresholds import tradeoff


def test_the_tradeoff_steps_where_the_threshold_does_and_marks_what_it_is_told() -> None:
    table = evaluation_ranking.tradeoff([True, False, True], [0.8, 0.4, 0.4], [1, 2, 3])
    figure = tradeoff(table, "malignant", {"operating point 40%": 0.4}, colour="#D55E00")
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert list(lines["sensitivity"].x) == [0, 0.4, 0.8, 1]
    assert list(lines["sensitivity"].y) == [1, 1, 0.5, 0]
    assert list(lines["specificity"].y) == [0, 0, 1, 1]
    assert lines["sensitivity"].line.shape == "vh"  # what holds up to 0.4 is drawn up to 0.4
    assert lines["sensitivity"].line.dash != lines["specificity"].line.dash
    assert figure.layout.shapes[0].x0 == 0.4
    assert figure.layout.annotations[0].text == "operating point 40%"
