"""Tables of docs/RESULTS.md in Markdown, written from reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paths import ROOT

from core.bundle import card_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.evaluation.results import Interval

DOCS = ROOT / "docs"
PAGE = DOCS / "RESULTS.md"


def pattern(comment: str) -> re.Pattern[str]:
    """Return what finds tables below a comment: comment and head are the first group, the rows the last one.

    Args:
        comment: pattern of the comment; groups in it lie between the two.
    """
    return re.compile(rf"(<!-- {comment} -->\n\|.*\n\|.*\n)((?:\|.*\n)*)")


def write(tables: re.Pattern[str], rows: Callable[[re.Match[str]], str]) -> None:
    """Write the rows of every table that a pattern finds on the page, from what the pattern found there."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(tables.sub(lambda found: found[1] + rows(found), page), encoding="utf-8")


def line(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |\n"


def metric(interval: Interval | None, digits: int = 3) -> str:
    return "–" if interval is None else card_tables.metric(interval, digits)
