"""Tables of the self-test for the terminal, from the reports in docs/results."""

import re

import pytest
from paths import ROOT
from rich.console import Console

from core.cli.self_test_tables import self_test_sentences, self_test_tables
from core.experiments.duplicates_report import DuplicatesReport


@pytest.fixture(params=["busi", "busbra"])
def report(request):
    path = ROOT / "docs" / "results" / f"near_duplicates_{request.param}.json"
    return DuplicatesReport.model_validate_json(path.read_bytes())


def rows(report):
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        for table in self_test_tables(report):
            console.print(table)
    return [" ".join(re.sub(r"[│┃|]", " ", line).split()) for line in shown.get().splitlines()]


def test_every_change_and_frame_has_a_row(report):
    shown = rows(report)
    for change in report.changes:
        (row,) = [line for line in shown if re.match(rf"{re.escape(change.name)} \d", line)]
        assert f" {100 * change.found.value:.1f} % (" in row
        assert (" 95 % " in row or " 90 % " in row) == (change.wanted is not None)
    for frame in report.frames:
        (row,) = [line for line in shown if line.startswith(f"{frame.name} ")]
        assert f" {frame.merged} " in row
        assert f" {100 * frame.seen_with.value:.1f} % (" in row
    assert f"at most {round(0.01 * report.tested)})" in " ".join(shown)


def test_the_sentences_say_what_the_tables_leave_out(report):
    text = " ".join(self_test_sentences(report))
    assert "10 images were saved 80 times each" in text
    assert f"they form {report.families.groups} groups, and 10 are wanted" in text
    assert ("1,000 of the 1,875 images were drawn at random" in text) == (report.tested < report.images)
    assert ("12 of 1,875 unchanged images of 1,064 patients" in text) == (report.patients is not None)
