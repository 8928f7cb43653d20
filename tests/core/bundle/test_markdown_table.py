"""Tables of the model card."""

from core.bundle.markdown_table import metric, table
from core.evaluation.results import Interval


def test_a_metric_stands_in_its_cell_with_its_interval() -> None:
    cell = metric(Interval(value=0.8512, low=0.7371, high=0.9174))
    assert cell == "0.851 (0.737–0.917)"
    assert metric(Interval(value=1.25, low=1.2, high=1.3), 2) == "1.25 (1.20–1.30)"
    assert metric(None) == "not defined"
    assert table(["", "AUC"], [["A", cell]]) == "|  | AUC |\n| --- | --- |\n| A | 0.851 (0.737–0.917) |"
