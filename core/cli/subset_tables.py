"""Result tables by fold, source, machine and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from core import escape
from core.evaluation.results import AMONG_PRESENT, AS_PREDICTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.evaluation.limits import HeldOutLimits
    from core.evaluation.results import Interval, Metrics, SubsetMetrics
    from core.experiments.cross_validation_report import FoldResult

_METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1", "auc": "AUC"}


def held_out_table(column: str, folds: Sequence[FoldResult]) -> Table:
    """Return the metrics of each held-out value, whose network was trained on the others."""
    table = _table(f"Held out by {column}: each tested by a network trained on the others", "held out")
    for fold in folds:
        _add(table, str(fold.name), fold.metrics)
    return table


def subsets_table(subsets: Sequence[SubsetMetrics]) -> Table:
    """Return the metrics of the images with each value of each column."""
    table = _table("By source, by what the data's tables say, and by lesion size", "images of")
    for one in subsets:
        _add(table, f"{one.label}, {AS_PREDICTED}" if one.among_present else one.label, one.as_predicted)
        if one.among_present:
            _add(table, f"  {AMONG_PRESENT}", one.among_present)
    return table


def limits_table(hold_out: str, held_out: HeldOutLimits) -> Table:
    """Return how limits from the other sources held on each source, by class too.

    Args:
        hold_out: column whose values were held out.
        held_out: the limits and how they held.
    """
    names = list(held_out.limits.conformal_thresholds)
    title = (
        f"Held out by {escape.terminal(hold_out)}: how limits that images of the other sources chose hold on "
        "a source that the network has not seen"
    )
    table = Table("source", title=title, padding=(0, 1, 0, 0))
    for name in ("coverage", *(f"of {name}" for name in names), "set size", "calibration error"):
        table.add_column(escape.terminal(name), min_width=0 if name == "set size" else len("(0.75-0.85)"))
    table.title_justify = table.caption_justify = "left"
    table.caption = (
        "coverage: share of images with the true class in the prediction set, 0.90 wanted; set size: mean "
        "number of classes in it, of how many"
    )
    for source in held_out.sources:
        for label, check in ((source.name, source.as_predicted), (AMONG_PRESENT, source.among_present)):
            if check is not None:
                shares = (check.coverage, *(check.coverage_by_class.get(name) for name in names))
                sizes = f"{check.set_size.value:.2f}/{len(check.classes)}"
                error = _in_words(check.calibration_error, 2)
                table.add_row(escape.terminal(label), *(_in_words(one, 2) for one in shares), sizes, error)
    return table


def _table(title: str, first: str) -> Table:
    caption = "95 % confidence intervals in brackets; means over classes are over those that have images"
    table = Table(first, "images", title=escape.terminal(title), title_justify="left")
    for name in _METRICS.values():
        table.add_column(name, min_width=len("(0.000-1.000)"))
    table.caption, table.caption_justify = caption, "left"
    return table


def _add(table: Table, name: str, metrics: Metrics) -> None:
    values = [_in_words(getattr(metrics, field)) for field in _METRICS]
    table.add_row(escape.terminal(name), f"{metrics.images:,}", *values)


def _in_words(metric: Interval | None, digits: int = 3) -> str:
    if metric is None:
        return "–"
    return f"{metric.value:.{digits}f} ({metric.low:.{digits}f}-{metric.high:.{digits}f})"
