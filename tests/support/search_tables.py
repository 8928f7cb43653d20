"""The tables of docs/RESULTS.md on searches among recipes, by data set, written from their reports.

After ``search`` ran anew and its report was copied to docs/results/,
``python tests/support/search_tables.py`` writes them.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import results_page
from results_page import DOCS, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE = results_page.pattern(r"(results/search\S*\.json): (search_\w+)")
COLUMNS = (("busbra", "auc"), ("busi", "macro_f1"), ("busi", "auc"))


def by_source(sources: dict[str, Any]) -> Iterator[str]:
    """Metrics of all validation sets together, and their differences from the first configuration's."""
    for source, name in COLUMNS:
        yield f"{sources[source]['metrics'][name]['value']:.3f}"
        difference = sources[source]["difference"]
        if difference is None:
            yield ""
        else:
            gap = difference[name]
            yield " to ".join(f"{100 * gap[end]:+.1f}" for end in ("low", "high"))


def by_fold(sources: dict[str, Any]) -> Iterator[str]:
    """The AUC on each validation set, each predicted by one network."""
    for source in ("busbra", "busi"):
        yield from (f"{auc:.3f}" for auc in sources[source]["auc_by_fold"])


TABLES: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "search_by_source": by_source,
    "search_by_fold": by_fold,
}


def lines(what: str, file: str) -> str:
    """The rows of a table in Markdown: each configuration, then the mean logits of all of them.

    Args:
        what: name of the table.
        file: report of a search, as a path from docs/.
    """
    report = json.loads((DOCS / file).read_text(encoding="utf-8"))
    rows = {name: one["sources"] for name, one in report["configurations"].items()}
    rows["mean logits of all"] = report["ensemble_sources"]
    return "".join(line([name, *TABLES[what](sources)]) for name, sources in rows.items())


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    results_page.write(TABLE, lambda found: lines(found[3], found[2]))


if __name__ == "__main__":
    main()
