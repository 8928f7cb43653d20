"""Models opened once for all visitors: bundles, their tables and pictures, their networks."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core import events, models
from core.bundle import Bundle, BundleError
from core.classifier import Classifier
from core.errors import UserError
from core.hub import pull
from core.manifest import MANIFEST

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


# A model that could not be had is asked for again after so many seconds, not at every click.
_PATIENCE = 60


@dataclass(frozen=True)
class Model:
    """An opened bundle.

    Attributes:
        label: what the picker calls it.
        commit: of the Hub; None for a local folder.
        bundle: checked.
        key: names this very content, since the manifest holds the hash of every file.
    """

    label: str
    commit: str | None
    bundle: Bundle
    key: str


@dataclass(frozen=True)
class Failure:
    """Why a model cannot be had, in a sentence, and when that was found, in seconds."""

    sentence: str
    at: float


def offered() -> dict[str, str]:
    """Return the models of the setting ``MODEL``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return models.offered(os.environ.get("MODEL"))


def open_model(label: str, name: str) -> Model | Failure:
    """Open a local folder or a repository of the Hub, whose tag or branch stays pinned from then on."""
    return _open(label, name, _stamp(name))


def forget(label: str, name: str) -> None:
    """Let the next ``open_model`` try again at once."""
    _open.clear(label, name, _stamp(name))


def _stamp(name: str) -> int:
    """Tell when a local folder's manifest was written: one that was trained anew is another model."""
    manifest = Path(name).expanduser() / MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else 0


def _is_fresh(outcome: Model | Classifier | Failure) -> bool:
    return not isinstance(outcome, Failure) or time.monotonic() - outcome.at < _PATIENCE


@st.cache_resource(max_entries=32, show_spinner="Fetching the model …", validate=_is_fresh)
def _open(label: str, name: str, stamp: int) -> Model | Failure:
    del stamp
    try:
        pulled = pull(name)
    except UserError as error:
        events.model_refused(label, str(error))
        return Failure(str(error), time.monotonic())
    key = hashlib.sha256(pulled.bundle.manifest.to_json().encode()).hexdigest()
    events.model_opened(label, key, pulled.commit)
    return Model(label, pulled.commit, pulled.bundle, key)


def classifier(model: Model) -> Classifier:
    """Return the network, loaded once for all visitors.

    Raises:
        BundleError: it cannot be loaded.
    """
    outcome = _classifier(model.key, model.bundle)
    if isinstance(outcome, Failure):
        raise BundleError(outcome.sentence)
    return outcome


@st.cache_resource(max_entries=4, show_spinner="Loading the network …", validate=_is_fresh)
def _classifier(key: str, _bundle: Bundle) -> Classifier | Failure:
    start = time.monotonic()
    try:
        loaded = Classifier(_bundle)
    except BundleError as error:
        events.model_refused(_bundle.folder.name, str(error))
        return Failure(str(error), time.monotonic())
    events.network_loaded(key, time.monotonic() - start)
    return loaded


def table(model: Model, name: str) -> pd.DataFrame:
    """Return one of the bundle's tables; see ``Bundle.table``."""
    return _table(model.key, name, model.bundle)


@st.cache_data(max_entries=32, show_spinner=False)
def _table(key: str, name: str, _bundle: Bundle) -> pd.DataFrame:
    del key
    return _bundle.table(name)


def test_pictures(model: Model) -> dict[str, NDArray[np.uint8]]:
    """Return the bundle's test pictures, not to be changed; see ``Bundle.test_pictures``."""
    return _test_pictures(model.key, model.bundle)


@st.cache_resource(max_entries=4, show_spinner="Reading the test pictures …")
def _test_pictures(key: str, _bundle: Bundle) -> dict[str, NDArray[np.uint8]]:
    del key
    return _bundle.test_pictures()
