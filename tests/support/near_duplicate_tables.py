"""What the docs and ``core.data.duplicates.measured`` say of the self-test, written from its reports.

After ``audit --self-test`` wrote docs/results/near_duplicates_*.json anew, ``python
tests/support/near_duplicate_tables.py`` writes the tables of RESULTS.md, the numbers of measured.py, the
sentences in TRAINING.md and DEPLOY.md, and the cards of the embedded models.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import results_page
from paths import ROOT
from results_page import DOCS, line

from core.data.duplicates.changes import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURED = ROOT / "core" / "data" / "duplicates" / "measured.py"
BUSI = DOCS / "results" / "near_duplicates_busi.json"
BEGIN, END = "# Written by tests/support/near_duplicate_tables.py.\n", "# End of what it writes.\n"
TABLE = re.compile(
    r"(<!-- (results/near_duplicates\S+) (results/near_duplicates\S+): (\S+) -->\n\|.*\n\|.*\n)((?:\|.*\n)+)"
)
OPENING = "Near-duplicates are found by their pixels"
SUMMARY = "Near-duplicates are also found after"

Report = dict[str, Any]
Row = tuple[str, ...]


def share(interval: dict[str, float]) -> str:
    value, low, high = (100 * interval[end] for end in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f}–{high:.1f})"


def of_today(report: Report) -> list[Report]:
    """The changes that the self-test still makes."""
    names = {change.name for change in CHANGES}
    return [change for change in report["changes"] if change["name"] in names]


def changes(before: Report, now: Report) -> list[Row]:
    old = {change["name"]: change for change in before["changes"]}
    return [
        (
            change["name"],
            "" if change["wanted"] is None else f"{100 * change['wanted']:.0f} %",
            share(old[change["name"]]["found"]),
            share(change["found"]),
            share(old[change["name"]]["false"]),
            share(change["false"]),
        )
        for change in of_today(now)
    ]


def frames(before: Report, now: Report) -> list[Row]:
    pairs = zip(before["frames"], now["frames"], strict=True)
    return [
        (
            new["name"],
            *(str(one["merged"]) for one in (old, new)),
            *(share(one["seen_with"]) for one in (old, new)),
            *(share(one["seen_without"]) for one in (old, new)),
            *(share(one["found"]) for one in (old, new)),
        )
        for old, new in pairs
    ]


def numbers(before: Report, now: Report) -> list[Row]:
    families = (report["families"] for report in (before, now))
    rows = [
        ("groups of the tested images", *(str(report["groups"]) for report in (before, now))),
        ("families that stay one group", *(f"{one['whole']} of {one['families']}" for one in families)),
    ]
    if now["patients"]:
        patients = [report["patients"] for report in (before, now)]
        joined = (f"{one['joined']} of {one['images']}" for one in patients)
        rows.append(("images in a group with another patient's", *joined))
    return rows


TABLES: dict[str, Callable[[Report, Report], list[Row]]] = {
    "near_duplicate_changes": changes,
    "near_duplicate_frames": frames,
    "near_duplicate_numbers": numbers,
}


def constants(report: Report) -> str:
    """The numbers of measured.py."""
    lines = [f"IMAGES = {report['tested']}", "CHANGES: tuple[MeasuredChange, ...] = ("]
    for change in of_today(report):
        found, false = (f"{change[kind]['value']:.4f}" for kind in ("found", "false"))
        lines.append(f'    MeasuredChange("{change["name"]}", found={found}, false={false}),')
    lines += [")", "FRAMES: tuple[MeasuredFrame, ...] = ("]
    for frame in report["frames"]:
        lines.append(f'    MeasuredFrame("{frame["name"]}", merged={frame["merged"]}),')
    return "\n".join([*lines, ")\n"])


def replace(path: Path, pattern: str, text: str) -> None:
    """Put a text in place of the one part of a file that fits."""
    before = path.read_text(encoding="utf-8")
    after, count = re.subn(pattern, lambda _: text, before, flags=re.DOTALL)
    assert count == 1, (path, count)
    path.write_text(after, encoding="utf-8")


def write_results() -> None:
    def rows(found: re.Match[str]) -> str:
        reports = [json.loads((DOCS / file).read_text()) for file in found.group(2, 3)]
        return "".join(map(line, TABLES[found[4]](*reports)))

    results_page.write(TABLE, rows)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    write_results()
    replace(MEASURED, f"{BEGIN}.*?{END}", BEGIN + constants(json.loads(BUSI.read_text())) + END)
    from core.data.duplicates.measured import describe, summarise  # as it is now

    wrapped = textwrap.fill(describe(), 120, break_long_words=False, break_on_hyphens=False)
    replace(DOCS / "TRAINING.md", rf"(?<=\n\n){OPENING}.*?\n(?=\n)", f"{wrapped}\n")
    replace(DOCS / "DEPLOY.md", rf"(?<=\n){SUMMARY}[^\n]*\n", f"{summarise()}\n")
    cards = [str(card.parent) for card in sorted((ROOT / "models").glob("*/README.md"))]
    subprocess.run([sys.executable, "-m", "core.bundle.card", *cards], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
