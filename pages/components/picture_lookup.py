"""The operator's own copy of the data, in the folder that the setting ``DATA_DIR`` names."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

import streamlit as st

from core import picture_folder


class _Once:
    """The index of one folder: made by the first visitor who needs it, while others wait."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.files: dict[str, Path] | None = None


def setting() -> Path | None:
    """Return the folder that ``DATA_DIR`` names, in the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    name = os.environ.get("DATA_DIR", "").strip()
    return Path(name).expanduser() if name else None


def files(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by the hash of their pixels; read once for all visitors.

    Raises:
        UserError: it is no folder.
    """
    once = _once(str(folder), picture_folder.stamp(folder))
    with once.lock:
        if once.files is None:
            words = "Looking through the pictures of the data folder, once"
            place = st.empty()

            def progress(done: int, count: int) -> None:
                place.progress(done / count, f"{words}: {done:,} of {count:,}")

            once.files = picture_folder.index(folder, progress)
            place.empty()
        return once.files


@st.cache_resource(max_entries=4, show_spinner=False)
def _once(folder: str, stamp: int) -> _Once:
    del folder, stamp
    return _Once()
