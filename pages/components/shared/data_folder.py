"""The folder of the setting DATA_DIR, audited and indexed once for all visitors."""

from __future__ import annotations

import os
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.data import groups
from core.data.audit import Audit, audit
from core.data.reader import read_folder
from core.images.preprocessing import fit
from core.serving import data_folder
from core.serving.background import BackgroundTask
from pages.components.shared import polling
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_REDRAW = 0.2  # seconds


def setting() -> Path | None:
    """Return the folder of the setting ``DATA_DIR``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return data_folder.folder(os.environ.get("DATA_DIR"))


def state(folder: Path) -> str:
    """Return text that changes with every file that comes, goes, is renamed or is replaced under a folder."""
    return f"{folder} {data_folder.state(folder)}"


class AuditOf(NamedTuple):
    """The audit of a folder, and the state of the folder that it is of, from ``state``."""

    state: str
    audit: Audit


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs={type(Path()): state})
def audited(folder: Path) -> BackgroundTask[AuditOf]:
    """Return the audit of a folder, which runs in the background: once for each state of the folder."""
    began = state(folder)
    return BackgroundTask(lambda progress: AuditOf(began, audit(read_folder(folder), progress)))


def outcome(folder: Path) -> AuditOf | None:
    """Return the audit of a folder; None while it runs, or where it found no image."""
    future = audited(folder).future
    if not future.done() or future.exception() is not None:
        return None
    found = future.result()
    return None if groups.grouped_images(found.audit.table).empty else found


def wait(folder: Path, shown: AuditOf | None) -> None:
    """Draw how far the audit of a folder is, or that it found no image, and run the page again at its end.

    Args:
        folder: folder that is audited.
        shown: audit that the page shows, from ``outcome``.
    """
    task = audited(folder)
    if not polling.wait_for(task.future.done, lambda: _progress(task, folder.name)) or shown is not None:
        return
    if outcome(folder) is not None:  # it came while the page was drawn
        st.rerun()
    st.warning(
        f"The folder of DATA_DIR, {escape_markdown(folder.name)}, holds no readable images; it needs one "
        "sub-folder per class, or a table of labels. Showing the simulated images instead.",
        icon=":material/folder_off:",
    )


def _progress(task: BackgroundTask[AuditOf], folder: str) -> None:
    reading = task.done < task.total or not task.total
    st.progress(
        task.done / max(task.total, 1),
        (
            f"Reading {escape_markdown(folder)}: {task.done:,} of {task.total:,} files …"
            if reading
            else f"Looking for near-duplicates in {escape_markdown(folder)} …"
        )
        + " Showing the simulated images until then.",
    )


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={type(Path()): state})
def indexed(folder: Path) -> BackgroundTask[dict[str, Path]]:
    """Return the images of a folder by the hash of their pixels: read in the background, once for all."""
    return BackgroundTask(lambda progress: data_folder.index(folder, progress))


def files(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by the hash of their pixels, with a progress bar while they are read.

    Raises:
        UserError: it is not a folder.
    """
    task, place = indexed(folder), st.empty()
    while futures.wait([task.future], _REDRAW).not_done:
        share = task.done / max(task.total, 1)
        place.progress(share, f"Indexing the data folder: {task.done:,} of {task.total:,} files …")
    place.empty()
    return task.future.result()


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_KEY)
def fitted(model: Model, path: str, sha256: str) -> NDArray[np.uint8] | None:
    """Return an image of ``files`` as a network sees it, uint8 [S, S, 3]; None where it has changed since."""
    pixels = data_folder.read(Path(path), sha256)
    return None if pixels is None else fit(pixels, model.bundle.manifest.recipe.preprocessing)
