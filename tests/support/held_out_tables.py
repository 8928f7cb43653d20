"""The tables of docs/RESULTS.md on held-out sources, written from the report of the run.

After ``cross-validate --hold-out`` ran anew and its ``cross_validation.json`` was copied to docs/results/,
``python tests/support/held_out_tables.py`` writes them.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import results_page
from results_page import DOCS, line, metric

from core.evaluation.results import AMONG_PRESENT, AS_PREDICTED
from core.experiments.cross_validation_report import CrossValidation

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.evaluation.limits import LimitCheck
    from core.evaluation.results import OperatingPoint

TABLE = results_page.pattern(r"(results/held_out\S+): (held_out_\w+)")

Row = tuple[str, ...]


def limits(report: CrossValidation) -> list[Row]:
    """Each source with limits from the others alone."""
    rows: list[Row] = []
    for source in report.held_out.sources if report.held_out else ():
        name = " and ".join(source.joined or (source.name,))
        if source.among_present is None:
            rows.append(_limits(name, "", source.as_predicted, source.operating_point))
        else:
            rows.append(_limits(name, AS_PREDICTED, source.as_predicted, source.operating_point))
            rows.append(_limits("", AMONG_PRESENT, source.among_present, None))
    return rows


def _limits(name: str, how: str, check: LimitCheck, point: OperatingPoint | None) -> Row:
    return (
        name,
        how,
        f"{check.images:,}",
        f"{check.groups:,}",
        metric(check.coverage),
        *(metric(check.coverage_by_class.get(each)) for each in ("benign", "malignant")),
        f"{metric(check.set_size, 2)} of {len(check.classes)}",
        f"{metric(check.calibration_error)}; {check.perfect_error:.3f}",
        *(map(metric, (point.sensitivity, point.specificity)) if point else ("", "")),
    )


def subsets(report: CrossValidation) -> list[Row]:
    """The pooled predictions by source, machine, BI-RADS and lesion size."""
    rows: list[Row] = []
    for one in report.subsets:
        for name, how, metrics in (
            (one.label, AS_PREDICTED if one.among_present else "", one.as_predicted),
            ("", AMONG_PRESENT, one.among_present),
        ):
            if metrics is not None:
                of_malignant = metrics.per_class.get("malignant")
                values = (metrics.accuracy, of_malignant and of_malignant.sensitivity, metrics.auc)
                rows.append((name, how, f"{metrics.images:,}", *map(metric, values)))
    return rows


def domain(report: CrossValidation) -> list[Row]:
    """Each score for images outside the training domain; of the sources the one with the most flagged."""
    rows: list[Row] = []
    for result in report.domain.scores if report.domain else ():
        areas = [network.error_auroc.value for network in result.networks if network.error_auroc]
        worst = max((network.elsewhere.rate for network in result.networks), key=lambda rate: rate.value)
        flagged = (result.home.rate, worst, result.outside.rate)
        told = f"{min(areas):.2f} to {max(areas):.2f}" if areas else "–"
        chosen = (
            f"**{result.score}**" if report.domain and result.score == report.domain.chosen else result.score
        )
        rows.append((chosen, f"{result.factor:g}", *map(metric, flagged), told))
    return rows


TABLES: dict[str, Callable[[CrossValidation], list[Row]]] = {
    "held_out_limits": limits,
    "held_out_subsets": subsets,
    "held_out_domain": domain,
}


def lines(what: str, file: str) -> str:
    """The rows of a table in Markdown.

    Args:
        what: name of the table.
        file: its report, as a path from docs/.
    """
    report = CrossValidation.model_validate(json.loads((DOCS / file).read_text(encoding="utf-8")))
    return "".join(map(line, TABLES[what](report)))


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    results_page.write(TABLE, lambda found: lines(found[3], found[2]))


if __name__ == "__main__":
    main()
