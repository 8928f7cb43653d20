"""Folders of sets and classes that unpacking makes from names which strangers chose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.data.set_names import set_of_name
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

# No separators, no leading dot, no control characters.
_SAFE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]{0,149}")
_SET_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
_Key = tuple[str | None, str]


def is_safe_name(name: str) -> bool:
    """Return whether a name can be that of a file or folder: no path, not hidden, at most 150 characters."""
    return _SAFE_NAME.fullmatch(name) is not None


class ClassFolders:
    """Folders below a data folder, one for each class, or one for each set and class.

    Args:
        folder: existing data folder.
        sets: names of the sets as the source has them. Sets have folders where at least two are named and
            each name means a set.
    """

    def __init__(self, folder: Path, sets: Collection[str]) -> None:
        self._folder = folder
        meant = {name: set_of_name(name) for name in sets}
        self._sets = meant if None not in meant.values() and len(set(meant.values())) > 1 else {}
        self._made: dict[_Key, Path] = {}

    @property
    def has_sets(self) -> bool:
        """Whether sets have folders."""
        return bool(self._sets)

    def make(self, set_name: str, label: str) -> Path:
        """Return the folder of a class, which is created when it is first asked for.

        Args:
            set_name: one of the sets.
            label: name of the class, for which ``is_safe_name`` holds.

        Raises:
            UserError: the file system takes the names of two classes for one.
        """
        meant = self._sets.get(set_name)
        if (meant, label) not in self._made:
            parent = self._folder / _SET_FOLDERS[meant] if meant else self._folder
            parent.mkdir(exist_ok=True)
            try:
                (parent / label).mkdir()
            except FileExistsError:  # on Windows and macOS, names that differ in case alone
                raise UserError(
                    f"{label!r} and another class have the same folder name on this disk; rename one of them."
                ) from None
            self._made[meant, label] = parent / label
        return self._made[meant, label]
