"""The pictures that whoever runs the app has beside it: the folder that the setting DATA_DIR names."""

from __future__ import annotations

from pathlib import Path


def folder(setting: str | None) -> Path | None:
    """Return the folder that the setting names, or None where it is not set.

    Args:
        setting: ``~`` stands for the home folder; whether there is such a folder is not looked at.
    """
    text = (setting or "").strip()
    return Path(text).expanduser().absolute() if text else None


def stamp(folder: Path) -> tuple[int, ...]:
    """Tell one state of a data folder from another: a file that comes, goes or is renamed changes it.

    Returns:
        The times of the last change of the folder and of its sub-folders, in nanoseconds; empty where
        there is no such folder.
    """
    if not folder.is_dir():
        return ()
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    return tuple(path.stat().st_mtime_ns for path in places)
