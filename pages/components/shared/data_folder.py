"""The folder that the setting DATA_DIR names, audited and searched once for all visitors."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from core.data import groups
from core.data.audit import Audit, audit
from core.serving import data_folder
from core.serving.background import BackgroundTask
from pages.components.shared import polling
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path


def setting() -> Path | None:
    """Return the folder of the setting ``DATA_DIR``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return data_folder.folder(os.environ.get("DATA_DIR"))


def audited(folder: Path) -> BackgroundTask[Audit]:
    """Return the audit of a folder, which runs beside the pages: once for each state of the folder."""
    return _job(folder, data_folder.modification_times(folder))


def outcome(folder: Path) -> Audit | None:
    """Return the audit of a folder; until it is there, or where it failed, draw why and return None."""
    job = audited(folder)
    if not polling.until(job.future.done, lambda: _progress(job, folder.name)):
        return None
    if job.future.exception() is None and not groups.grouped_images(job.future.result().table).empty:
        return job.future.result()
    st.warning(
        f"DATA_DIR names {escape_markdown(folder.name)}, which holds no images that can be looked at; it "
        "should have "
        "one sub-folder per class. In its place you see the simulated images.",
        icon=":material/folder_off:",
    )
    return None


def _progress(job: BackgroundTask[Audit], folder: str) -> None:
    reading = job.done < job.total or not job.total
    st.progress(
        job.done / max(job.total, 1),
        f"Reading {escape_markdown(folder)}: {job.done:,} of {job.total:,} files …"
        if reading
        else f"Comparing the images of {escape_markdown(folder)} with one another …",
    )
    st.caption("Until it is done, the simulated images stand in.")


@st.cache_resource(max_entries=2, show_spinner=False)
def _job(folder: Path, stamp: tuple[int, ...]) -> BackgroundTask[Audit]:
    del stamp
    return BackgroundTask(lambda progress: audit(folder, progress))


class _Once:
    """The index of one folder: made by the first visitor who needs it, while others wait."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.files: dict[str, Path] | None = None


def files(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by the hash of their pixels; read once for all visitors.

    Raises:
        UserError: it is no folder.
    """
    once = _once(str(folder), data_folder.modification_times(folder))
    with once.lock:
        if once.files is None:
            words = "Looking through the images of the data folder, once"
            place = st.empty()

            def progress(done: int, count: int) -> None:
                place.progress(done / count, f"{words}: {done:,} of {count:,}")

            once.files = data_folder.index(folder, progress)
            place.empty()
        return once.files


@st.cache_resource(max_entries=4, show_spinner=False)
def _once(folder: str, stamp: tuple[int, ...]) -> _Once:
    del folder, stamp
    return _Once()
