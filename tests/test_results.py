"""What docs/RESULTS.md says is what the commands measured."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TABLES = re.findall(
    r"<!-- (results/\S+\.json) -->\n\|.*\n\|.*\n((?:\|.*\n)+)",
    (DOCS / "RESULTS.md").read_text(encoding="utf-8"),
)


@pytest.mark.parametrize(("file", "rows"), TABLES, ids=[file for file, _ in TABLES])
def test_the_page_agrees_with_the_json(file: str, rows: str) -> None:
    metrics = json.loads((DOCS / file).read_text())["metrics"]
    for row in rows.splitlines():
        name, said = (cell.strip() for cell in row.strip("|").split("|"))
        measured = metrics[name]
        assert said == f"{measured['value']:.3f} ({measured['low']:.3f}–{measured['high']:.3f})", name


def test_there_is_something_to_compare() -> None:
    assert TABLES
