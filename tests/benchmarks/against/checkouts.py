"""The two checkouts: the working tree, and a temporary worktree at a commit."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
# Settings of the user that would change what is measured.
DROPPED = ("MODEL", "DATA_DIR", "HF_TOKEN", "HF_ENDPOINT", "PYTHONDONTWRITEBYTECODE")


class Checkout(NamedTuple):
    """A checkout with caches of its own.

    Attributes:
        name: "old" or "new".
        folder: root of the checkout.
        caches: folder of its caches, outside the checkout.
    """

    name: str
    folder: Path
    caches: Path

    def environment(self) -> dict[str, str]:
        """Return the environment of every process that is measured."""
        inherited = {name: value for name, value in os.environ.items() if name not in DROPPED}
        return inherited | {
            "PYTHONPATH": str(self.folder),
            "XDG_CACHE_HOME": str(self.caches / "xdg"),
            "HF_HOME": str(self.caches / "huggingface"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "COLUMNS": "200",
        }


@contextlib.contextmanager
def pair(commit: str, folder: Path) -> Iterator[tuple[Checkout, Checkout]]:
    """Yield the old checkout, at a commit, and the new one, the working tree; remove the old one afterwards.

    Raises:
        ValueError: the repository has no such commit.
    """
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if found.returncode:
        raise ValueError(f"AGAINST={commit} is not a commit of this repository.")
    old = folder / "old"
    _git("worktree", "add", "--detach", str(old), found.stdout.strip()).check_returncode()
    try:
        yield Checkout("old", old, folder / "caches-old"), Checkout("new", ROOT, folder / "caches-new")
    finally:
        _git("worktree", "remove", "--force", str(old))


def describe(checkout: Checkout) -> str:
    """Return the commit of a checkout, with its date and subject, and whether it has uncommitted changes."""
    commit = _git("log", "-1", "--format=%h (%cs) %s", folder=checkout.folder).stdout.strip()
    changed = _git("status", "--porcelain", folder=checkout.folder).stdout
    return f"{commit}{', with uncommitted changes' if changed else ''}"


def _git(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
