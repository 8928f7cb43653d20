"""The page of the documentation on the paper, to be read inside the app."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import UserError

PAGE = Path(__file__).parents[2] / "docs" / "PAPER.md"
# A link to another page of the documentation, which the app does not have.
_RELATIVE = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")


def read_page(path: Path = PAGE) -> str:
    """Return docs/PAPER.md as Markdown, without its title and its links to other files.

    Args:
        path: file to read.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise UserError(f"docs/{path.name} cannot be read; copy docs/ together with the app.") from None
    return _RELATIVE.sub(r"\1", text.partition("\n")[2].strip())
