"""The folder that the setting DATA_DIR names, audited once for all visitors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import streamlit as st

from core import audit, data_dir
from core.job import Job

if TYPE_CHECKING:
    from pathlib import Path


def setting() -> Path | None:
    """Return the folder of the setting ``DATA_DIR``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return data_dir.folder(os.environ.get("DATA_DIR"))


def audited(folder: Path) -> Job[audit.Audit]:
    """Return the audit of a folder, which runs beside the pages: once for each state of the folder."""
    return _job(folder, data_dir.stamp(folder))


@st.cache_resource(max_entries=2, show_spinner=False)
def _job(folder: Path, stamp: tuple[int, ...]) -> Job[audit.Audit]:
    del stamp
    return Job(lambda progress: audit.audit(folder, progress))
