"""The files of a static page, by their address relative to it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Files: TypeAlias = "dict[str, bytes | Path]"
"""Address relative to the page, with forward slashes → content, or a file that has it."""

OWN = Path(__file__).parent / "page"
"""Folder of the page's own files, the same for every bundle."""


def own_files(*suffixes: str) -> Files:
    """Return the page's own files with one of these endings, such as ``.js``."""
    return {path.name: path for path in sorted(OWN.iterdir()) if path.suffix in suffixes}


def read(content: bytes | Path) -> bytes:
    """Return the content of a file."""
    return content if isinstance(content, bytes) else content.read_bytes()


def as_json(value: Any) -> bytes:
    """Return a value as JSON on one line; NaN and infinity are errors, since browsers read neither."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def digest(files: Mapping[str, bytes | Path]) -> str:
    """Return a hash of addresses and contents, 16 hex digits, which changes when any of them does."""
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        found.update(f"{name}\0{hashlib.sha256(read(content)).hexdigest()}\n".encode())
    return found.hexdigest()[:16]


def size(files: Mapping[str, bytes | Path]) -> int:
    """Return the size of all files together, bytes."""
    return sum(
        len(content) if isinstance(content, bytes) else content.stat().st_size for content in files.values()
    )
