"""The command ``audit``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core import escape
from core.cli.console import ProgressBars, console, write_folder, write_report
from core.cli.data_options import Data, DataOptions
from core.cli.tables import audit_table
from core.files import check_output

if TYPE_CHECKING:
    from core.data.audit import Audit
    from core.data.data_set import DataSet

SHOWN_PROBLEMS = 10


def audit(
    data: Data,
    *,
    options: DataOptions,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write audit.csv and groups.html (the near-duplicates) to this folder; with --self-test, a "
            "JSON file. Must not exist yet."
        ),
    ] = None,
    self_test: Annotated[
        bool,
        typer.Option(
            "--self-test",
            help="Change images of the data in known ways instead, and measure which changes hide a "
            "near-duplicate. Takes some minutes.",
        ),
    ] = False,
) -> None:
    """Check a data set for duplicates, conflicting labels and unreadable files."""
    from core.csv_table import to_csv
    from core.data import audit as auditing
    from core.data.contact_sheet import contact_sheet
    from core.data.duplicates.measured import summarise
    from core.experiments.data_source import resolve
    from core.worker_processes import usable_cores

    if output is not None:
        check_output(output, device=self_test)
    with ProgressBars() as bars:
        request = options.data(data)
        found = resolve(request, bars)
        report = auditing.audit(
            found,
            lambda done, count: bars("Reading images", done, count),
            groups=request.groups,
            processes=usable_cores(),
        )
    if self_test:
        _test_search(found, report, request.groups, output)
        return
    name = report.source.name
    console.print(audit_table(report.summary, name))
    for note in report.notes:
        console.print(escape.terminal(f"Note: {note}"))
    for warning in report.warnings:
        console.print(escape.terminal(f"Warning: {warning}"))
    problems = report.table[auditing.has_flag(report.table, *auditing.PROBLEMS)]
    for row in problems.head(SHOWN_PROBLEMS).to_dict("records"):
        # Most reasons begin with the file.
        named = row["reason"].startswith(row["file"])
        parts = [row["flags"]] if named else [row["file"], row["flags"]]
        console.print(escape.terminal(": ".join(filter(None, [*parts, row["reason"]]))))
    if len(problems) > SHOWN_PROBLEMS:
        console.print(f"… and {len(problems) - SHOWN_PROBLEMS} more.")
    if problems.empty:
        console.print("No unreadable, tiny, blank or misplaced images.")
    console.print(summarise())
    if output is None:
        return
    with ProgressBars() as bars:
        sheet = contact_sheet(
            found.folders,
            report.table,
            name,
            lambda done, count: bars("Drawing groups of near-duplicates", done, count),
        )
    write_folder(output, {"audit.csv": to_csv(report.table), "groups.html": sheet})
    console.print(f"Results written to {output / 'audit.csv'} and {output / 'groups.html'}.")


def _test_search(data: "DataSet", report: "Audit", tables: Sequence[Path], output: Path | None) -> None:
    from core.cli.self_test_tables import self_test_sentences, self_test_tables
    from core.experiments.duplicates_report import measure_duplicates

    with ProgressBars() as bars:
        measured = measure_duplicates(data, report, bars, tables=tables)
    for table in self_test_tables(measured):
        console.print(table)
    for sentence in self_test_sentences(measured):
        console.print(sentence)
    if output is not None:
        write_report(output, measured)
        console.print(f"Results written to {output}.")
