"""What docs/RESULTS.md says is what the commands measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TABLES = re.findall(
    r"<!-- (results/\S+\.json): (\S+) -->\n\|.*\n\|.*\n((?:\|.*\n)+)",
    (DOCS / "RESULTS.md").read_text(encoding="utf-8"),
)


def shown(figure: dict[str, float], *, points: bool = False) -> str:
    value = figure.get("value", figure.get("mean", 0))
    if points:
        return f"{100 * value:+.1f} ({100 * figure['low']:+.1f} to {100 * figure['high']:+.1f})"
    return f"{value:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def expected(report: dict[str, Any], what: str, name: str) -> list[str]:
    """The cells of one row: a figure of one bundle, of the protocols, or of the paper's test part."""
    if what == "metrics":
        return [shown(report["metrics"][name])]
    if what == "protocols":
        protocols = [shown(report["protocols"][key]["figures"][name]) for key in ("paper", "naive", "clean")]
        return protocols + [shown(pair["figures"][name], points=True) for pair in report["differences"]]
    part = report["paper_test_part"][name]
    return [f"{part['pictures']:.1f}", shown(part["figures"]["accuracy"])]


@pytest.mark.parametrize(
    ("file", "what", "rows"), TABLES, ids=[f"{file}: {what}" for file, what, _ in TABLES]
)
def test_the_page_agrees_with_the_json(file: str, what: str, rows: str) -> None:
    report = json.loads((DOCS / file).read_text())
    for row in rows.splitlines():
        name, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        assert cells == expected(report, what, name)


def test_every_result_is_on_the_page() -> None:
    page = (DOCS / "RESULTS.md").read_text(encoding="utf-8")
    for file in (DOCS / "results").glob("*.json"):
        assert f"results/{file.name}" in page
    assert TABLES
