"""Names of files and folders that systems and editors leave among data, and that are never data."""

from __future__ import annotations

# Windows keeps previews of images and views of folders in these; macOS puts metadata of a ZIP into __MACOSX.
_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"})


def is_litter(name: str) -> bool:
    """Return whether a file or folder is passed over wherever data is listed or unpacked.

    Args:
        name: one component of a path. Names that begin with a dot count, such as ``._scan.png``,
            ``.DS_Store`` and ``.ipynb_checkpoints``; case does not matter.
    """
    return name.startswith(".") or name.casefold() in _NAMES
