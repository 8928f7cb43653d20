"""Files that appear whole, and reports as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place and move it there, so that a kill leaves the old one or the new one.

    Args:
        path: of the file.
        write: writes it to the path that it is given.
    """
    beside = path.with_name(f"new-{path.name}")
    write(beside)
    beside.replace(path)


def write_report(path: Path, report: Any) -> None:
    """Write a report, what JSON can hold, for people and programs to read."""
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
