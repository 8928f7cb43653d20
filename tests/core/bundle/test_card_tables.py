"""Numbers and tables of a model card."""

from core.bundle.card_tables import metric, table
from core.evaluation.results import Interval


def test_a_metric_has_its_interval_or_is_not_defined() -> None:
    assert metric(Interval(value=0.75, low=0.5, high=0.9)) == "0.750 (0.500–0.900)"
    assert metric(None) == "not defined"


def test_a_table_has_a_line_below_its_header() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
