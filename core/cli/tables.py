"""Result tables for the terminal. They need rich, which the app does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from core import escape
from core.cli.console import count
from core.evaluation.results import METRIC_NAMES
from core.experiments.search_plan import ENSEMBLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from core.evaluation.protocol_comparison import ProtocolComparison
    from core.evaluation.repeated_splits import RepeatedMetric
    from core.evaluation.results import Interval, Metrics, OperatingPoint, PositiveClassMetrics
    from core.experiments.cross_validation_report import FoldThresholds, Spread
    from core.experiments.run_difference import RunComparison
    from core.experiments.search_report import SearchedConfiguration, SearchedSource, SearchReport

TITLES = {field: METRIC_NAMES[field] for field in ("accuracy", "balanced_accuracy", "macro_f1", "auc")}
_SEARCH_METRICS = ("macro_f1", "auc", "log_loss")
NOT_APPLICABLE = "does not apply"


def describe_predictions(table: pd.DataFrame) -> list[str]:
    """Return the rows of ``core.inference.predict`` as one line each, with every reason for doubt."""
    rows = table.to_dict("records")
    frames = [_describe_frame(row["frame"]) for row in rows]
    return [
        escape.terminal(f"{row['file']}{frame}: {_describe(row)}")
        for row, frame in zip(rows, frames, strict=True)
    ]


def _describe_frame(frame: int | str) -> str:
    if isinstance(frame, str):
        return frame and f", {frame} frames"
    return f", frame {frame}"


def _describe(row: Mapping[Any, Any]) -> str:
    parts = [f"{row['predicted_class']} {row['p_' + row['predicted_class']]:.0%}"]
    if row["crop"]:
        parts.append(f"cropped to {row['crop']}")
    possible = row["possible"]
    if len(possible) != 1:
        parts.append(f"not sure: {' or '.join(possible)} possible" if possible else "not sure: none possible")
    if row["unlike_training"]:
        parts.append("out of distribution")
    if row["seen_in_training"]:
        parts.append(f"in the training or validation set as {row['seen_in_training']} ({row['seen_by']})")
    if row["warning"]:
        parts.append(row["warning"].rstrip("."))
    return "; ".join(parts)


def metrics_table(metrics: Metrics, title: str) -> Table:
    """Return the metrics of one set of images with their confidence intervals, one per row."""
    table = Table(
        "",
        "value",
        "95 % confidence interval",
        title=f"{escape.terminal(title)}: {metrics.images} images",
        title_justify="left",
    )
    for field, name in TITLES.items():
        _add(table, name, getattr(metrics, field))
    for class_name, one in metrics.per_class.items():
        _add(table, f"Sensitivity for {class_name}", one.sensitivity)
        _add(table, f"Specificity for {class_name}", one.specificity)
    return table


def positive_table(
    metrics: PositiveClassMetrics, operating_point: OperatingPoint | FoldThresholds | None
) -> Table:
    """Return the metrics of the positive class.

    Args:
        metrics: metrics from ``core.evaluation.positive_class.measure``.
        operating_point: sensitivity and specificity on the same images at the threshold chosen on the
            validation set, or None.
    """
    name, point = metrics.positive_class, metrics.at_specificity
    table = Table(
        "",
        "value",
        "95 % confidence interval",
        title=f"Positive class: {escape.terminal(name)}",
        title_justify="left",
    )
    _add(table, f"Accuracy, {name} from probability 0.5 on", metrics.against_rest.accuracy)
    _add(table, f"AUC, {name} against all others", metrics.against_rest.auc)
    for other, pair in metrics.against.items():
        _add(table, f"AUC, {name} against {other} alone", pair.auc)
    if point is not None:
        wanted = f"{point.wanted_specificity:.2f}"
        _add(
            table,
            f"Sensitivity at specificity {wanted}, optimistic: threshold chosen on these images",
            point.sensitivity,
        )
    if operating_point is not None:
        chosen = "at the threshold chosen on the validation set"
        _add(table, f"Sensitivity {chosen}", operating_point.sensitivity)
        _add(table, f"Specificity {chosen}", operating_point.specificity)
    return table


def spread_table(spread: Mapping[str, Spread]) -> Table:
    """Return how each metric varies from fold to fold."""
    table = Table("", "mean", "standard deviation", "min", "max", title="The folds", title_justify="left")
    for metric, title in TITLES.items():
        if metric not in spread:
            continue
        one = spread[metric]
        numbers = (one.mean, one.standard_deviation, one.min, one.max)
        table.add_row(title, *(f"{number:.3f}" for number in numbers))
    return table


def comparison_tables(comparison: ProtocolComparison) -> list[Table]:
    """Return the protocols beside their differences, and the kinds of file in the paper's test set."""
    from core.evaluation.protocol_comparison import KIND_NAMES

    differences = comparison.differences
    heads = [f"{pair.minuend} - {pair.subtrahend}" for pair in differences]
    several = comparison.repeats > 1
    main = Table(
        "",
        *comparison.protocols,
        *heads,
        title=f"{comparison.mode}; {count(comparison.repeats, 'split')} of each protocol",
        title_justify="left",
        caption=f"{'Mean ± standard deviation of the splits' if several else 'Value'}, 95 % confidence "
        "interval below; differences in points",
        caption_justify="left",
        show_lines=True,
    )
    titles = TITLES | {"sensitivity": f"Sensitivity for {comparison.positive_class}"}
    for name, title in titles.items():
        values = [protocol.metrics[name] for protocol in comparison.protocols.values()]
        if any(values):
            gaps = [_repeated(pair.metrics.get(name), "%+.1f", 100) for pair in differences]
            main.add_row(title, *(_repeated(value, "%.3f", 1) for value in values), *gaps)
    kinds = Table(
        "Test set of the protocol paper",
        "files, mean",
        "accuracy",
        title_justify="left",
        show_lines=True,
    )
    for kind, one in comparison.paper_test_set.items():
        kinds.add_row(KIND_NAMES[kind], f"{one.files:.1f}", _repeated(one.metrics["accuracy"], "%.3f", 1))
    return [main, kinds]


def differences_table(comparison: RunComparison) -> Table:
    """Return cross-validated runs beside their paired differences."""
    runs, pairs = comparison.runs, comparison.differences
    table = Table(
        "",
        title=f"{comparison.images} images, {comparison.folds} folds pooled",
        title_justify="left",
        caption="95 % confidence interval below; differences in points, paired",
        caption_justify="left",
        show_lines=True,
    )
    for head in (*runs, *(f"{pair.minuend} - {pair.subtrahend}" for pair in pairs)):
        table.add_column(escape.terminal(head), overflow="fold")  # names of folders may be long

    def cell(metric: Interval, form: str, scale: int) -> str:
        value, low, high = (form % (scale * number) for number in (metric.value, metric.low, metric.high))
        return f"{value}\n{low} to {high}"

    titles = TITLES | {"sensitivity": f"Sensitivity for {comparison.positive_class}"}
    for name in pairs[0].metrics:
        if name == "log_loss":  # no share: it has no points
            continue
        values = [cell(run.metrics[name], "%.3f", 1) for run in runs.values()]
        gaps = [cell(pair.metrics[name], "%+.1f", 100) for pair in pairs]
        table.add_row(titles[name], *values, *gaps)
    return table


def search_tables(report: SearchReport) -> list[Table]:
    """Return the metrics of each configuration of a search, with their differences to the first.

    One table for all images, and one for each of several data sets, among the classes that it has.
    """
    title = f"Validation sets of {report.folds} folds pooled, {report.predictions} predictions"
    if report.ensemble_sources:
        title += "; of all data sets, so that a class which one of them lacks counts as an error there"
    whole: dict[str, SearchedSource | SearchedConfiguration] = dict(report.configurations)
    tables = [_search_table(title, whole, {name: one.seconds for name, one in report.configurations.items()})]
    mean = [f"{report.ensemble[metric].value:.3f}" for metric in _SEARCH_METRICS]
    tables[0].add_row(ENSEMBLE, *mean, "")
    for source, ensemble in report.ensemble_sources.items():
        rows = {name: one.sources[source] for name, one in report.configurations.items()}
        title = f"{source}, among {', '.join(ensemble.class_names)}"
        tables.append(_search_table(title, rows | {ENSEMBLE: ensemble}, {}))
    return tables


def _search_table(
    title: str,
    rows: Mapping[str, SearchedSource | SearchedConfiguration],
    seconds: Mapping[str, float],
) -> Table:
    table = Table(
        "",
        "Macro F1",
        "AUC",
        "Log loss",
        *(["Minutes"] if seconds else []),
        title=escape.terminal(title),
        title_justify="left",
        caption="Below each metric: 95 % confidence interval of its paired difference to the first "
        "configuration",
        caption_justify="left",
        show_lines=True,
    )
    for name, one in rows.items():
        cells = []
        for metric in _SEARCH_METRICS:
            gap = (one.difference or {}).get(metric)
            against = f"\n{gap.low:+.3f} to {gap.high:+.3f}" if gap else ""
            cells.append(f"{one.metrics[metric].value:.3f}{against}" if metric in one.metrics else "–")
        minutes = [f"{seconds[name] / 60:.0f}"] if seconds else []
        table.add_row(escape.terminal(name), *cells, *minutes)
    return table


def audit_table(summary: pd.DataFrame, title: str) -> Table:
    """Return the summary of an audit: one column per class, one row per fact, without flags of no file."""
    from core.data.audit import FLAGS

    table = Table("", title=escape.terminal(title), title_justify="left")
    for name in summary["class"]:
        table.add_column(escape.terminal(name), justify="right")
    for fact in summary.columns.drop("class"):
        counts = list(summary[fact])
        if fact not in FLAGS or counts[-1]:
            table.add_row(f"  flag: {fact}" if fact in FLAGS else fact, *map(str, counts))
    return table


def _add(table: Table, title: str, metric: Interval | None) -> None:
    if metric is None:
        table.add_row(escape.terminal(title), NOT_APPLICABLE, "")
    else:
        table.add_row(escape.terminal(title), f"{metric.value:.3f}", f"{metric.low:.3f} – {metric.high:.3f}")


def _repeated(metric: RepeatedMetric | None, form: str, scale: int) -> str:
    """Write mean, standard deviation and interval, scaled, in a printf form."""
    if metric is None:
        return NOT_APPLICABLE
    spread = metric.standard_deviation
    within = "" if spread is None else f" ± {form.replace('+', '') % (scale * spread)}"
    mean, low, high = (form % (scale * number) for number in (metric.mean, metric.low, metric.high))
    return f"{mean}{within}\n{low} to {high}"
