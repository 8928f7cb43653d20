"""Tables as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.escape import html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table whose cells are plain text; it scrolls by itself where it is wider than its place.

    Args:
        header: titles of the columns.
        rows: texts of each row; the first heads its row.
        caption: what the table shows, for screen readers.
    """
    titles = "".join(f'<th scope="col">{html(title)}</th>' for title in header)
    lines = "\n".join(
        f'<tr><th scope="row">{html(first)}</th>{"".join(f"<td>{html(cell)}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{html(caption)}"><table>\n'
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )
