"""What the command line prints: figures as tables, answers as words. It needs rich, which the app has not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from core.evaluation.results import Interval, Metrics

HEADLINES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auc": "AUC, one versus rest",
}


def answer(row: dict[Any, Any]) -> str:
    """Put a row of the predictions in words, with all that speaks against believing it."""
    chance = row["p_" + row["predicted_class"]]
    parts = [f"{row['predicted_class']} {chance:.0%}"]
    possible = row["possible"].split("; ") if row["possible"] else []
    if len(possible) != 1:
        parts.append(f"not sure: {' or '.join(possible)} possible" if possible else "not sure: none possible")
    if row["unlike_training"]:
        parts.append("unlike the training data")
    if row["seen_in_training"]:
        parts.append(f"in the training data as {row['seen_in_training']}, so this proves nothing")
    return "; ".join(parts)


def metrics_table(metrics: Metrics, title: str) -> Table:
    """Return the figures of one set of images with their intervals, one in a row."""
    table = Table(
        "", "value", "95 % interval", title=f"{title}: {metrics.images} images", title_justify="left"
    )

    def add(title: str, interval: Interval | None) -> None:
        _add_figure(table, title, None if interval is None else interval.model_dump())

    for field, title_of_field in HEADLINES.items():
        add(title_of_field, getattr(metrics, field))
    for name, figures in metrics.per_class.items():
        add(f"Sensitivity for {name}", figures.sensitivity)
        add(f"Specificity for {name}", figures.specificity)
    return table


def _add_figure(table: Table, title: str, figure: dict[str, float] | None) -> None:
    if figure is None:
        table.add_row(Text(title), "does not apply", "")
    else:
        value, low, high = (f"{figure[end]:.3f}" for end in ("value", "low", "high"))
        table.add_row(Text(title), value, f"{low} – {high}")


def positive_table(figures: Any, operating_point: Any) -> Table:
    """Return the figures of the positive class.

    Args:
        figures: from ``core.evaluation.positive_class.measure``.
        operating_point: of the same images, ``sensitivity`` and ``specificity`` at the threshold chosen on
            validation; or None.
    """
    name, point = figures["positive_class"], figures["at_specificity"]
    table = Table("", "value", "95 % interval", title=Text(f"To find {name}"), title_justify="left")

    add = partial(_add_figure, table)
    add(f"Accuracy, {name} or not, called from probability 0.5", figures["against_rest"]["accuracy"])
    add(f"AUC, {name} against all the rest", figures["against_rest"]["auc"])
    for other, pair in figures["against"].items():
        add(f"AUC, {name} against {other} alone", pair["auc"])
    if point is not None:
        add(
            f"Sensitivity at specificity {point['wanted_specificity']:.2f}, optimistic: threshold read from "
            "these images",
            point["sensitivity"],
        )
    if operating_point is not None:
        for side in ("sensitivity", "specificity"):
            add(f"{side.capitalize()} at the threshold chosen on validation", operating_point[side])
    return table


def spread_table(spread: dict[str, dict[str, float]]) -> Table:
    """Return how each figure differs from fold to fold."""
    table = Table("", "mean", "standard deviation", "from", "to", title="The folds", title_justify="left")
    for figure, title in HEADLINES.items():
        table.add_row(title, *(f"{number:.3f}" for number in spread[figure].values()))
    return table


def comparison_tables(report: Any) -> list[Table]:
    """Return the protocols beside their differences, and the kinds of file in the paper's test set."""
    protocols, differences = report["protocols"], report["differences"]
    heads = [f"{pair['minuend']} - {pair['subtrahend']}" for pair in differences]
    several = report["repeats"] > 1
    main = Table(
        "",
        *protocols,
        *heads,
        title=f"{report['mode']}; {report['repeats']} split(s) of each protocol",
        title_justify="left",
        caption=f"{'Mean ± standard deviation of the splits' if several else 'Value'}, 95 % interval below; "
        "differences in points",
        caption_justify="left",
        show_lines=True,
    )

    def cell(figure: Any, form: str, scale: int) -> str:
        if figure is None:
            return "does not apply"
        spread = figure["standard_deviation"]
        within = "" if spread is None else f" ± {form.replace('+', '') % (scale * spread)}"
        ends = f"{form % (scale * figure['low'])} to {form % (scale * figure['high'])}"
        return f"{form % (scale * figure['mean'])}{within}\n{ends}"

    titles = HEADLINES | {"sensitivity": f"Sensitivity for {report['positive_class']}"}
    for name, title in titles.items():
        values = [protocol["figures"][name] for protocol in protocols.values()]
        if any(values):
            gaps = [cell(pair["figures"].get(name), "%+.1f", 100) for pair in differences]
            main.add_row(title, *(cell(value, "%.3f", 1) for value in values), *gaps)
    parts = Table(
        "Test set of the protocol paper", "files, mean", "right", title_justify="left", show_lines=True
    )
    for kind, part in report["paper_test_part"].items():
        parts.add_row(kind, f"{part['pictures']:.1f}", cell(part["figures"]["accuracy"], "%.3f", 1))
    return [main, parts]


def differences_table(report: Any) -> Table:
    """Return cross-validated runs beside their paired differences."""
    runs, pairs = report["runs"], report["differences"]
    table = Table(
        "",
        title=f"{report['pictures']} images, {report['folds']} folds together",
        title_justify="left",
        caption="95 % interval below; differences in points, paired",
        caption_justify="left",
        show_lines=True,
    )
    for head in (*runs, *(f"{pair['minuend']} - {pair['subtrahend']}" for pair in pairs)):
        table.add_column(Text(head), overflow="fold")  # names of folders may be long

    def cell(figure: dict[str, float], form: str, scale: int) -> str:
        value, low, high = (form % (scale * number) for number in figure.values())
        return f"{value}\n{low} to {high}"

    titles = HEADLINES | {"sensitivity": f"Sensitivity for {report['positive_class']}"}
    for name in pairs[0]["figures"]:
        if name == "log_loss":  # no share: it has no points
            continue
        values = [cell(run["figures"][name], "%.3f", 1) for run in runs.values()]
        gaps = [cell(pair["figures"][name], "%+.1f", 100) for pair in pairs]
        table.add_row(titles[name], *values, *gaps)
    return table


def search_table(report: Any) -> Table:
    """Return a row per configuration of a search: its figures, and by how much they beat the first one's."""
    table = Table(
        "",
        "Macro F1",
        "AUC",
        "Log loss",
        "Minutes",
        title=f"Validation sets of {report['folds']} folds together, {report['predictions']} predictions",
        title_justify="left",
        caption="Below a figure: the 95 % interval of its paired difference to the first configuration's",
        caption_justify="left",
        show_lines=True,
    )
    for name, configuration in report["configurations"].items():
        cells = []
        for figure in ("macro_f1", "auc", "log_loss"):
            gap = configuration["difference"] and configuration["difference"][figure]
            against = f"\n{gap['low']:+.3f} to {gap['high']:+.3f}" if gap else ""
            cells.append(f"{configuration['figures'][figure]['value']:.3f}{against}")
        table.add_row(Text(name), *cells, f"{configuration['seconds'] / 60:.0f}")
    mean = [f"{report['ensemble'][figure]['value']:.3f}" for figure in ("macro_f1", "auc", "log_loss")]
    table.add_row("mean probabilities of all", *mean, "")
    return table


def audit_table(summary: pd.DataFrame, title: str) -> Table:
    """Return one column per class and one row per fact, without the flags that no file has."""
    from core.data.audit import FLAGS

    table = Table("", title=Text(title), title_justify="left")
    for name in summary["class"]:
        table.add_column(Text(name), justify="right")
    for fact in summary.columns.drop("class"):
        counts = list(summary[fact])
        if fact not in FLAGS or counts[-1]:
            table.add_row(f"  flag: {fact}" if fact in FLAGS else fact, *map(str, counts))
    return table
