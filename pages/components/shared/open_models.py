"""Models opened once for all visitors: bundles, their tables and images, their networks."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.bundle.folder import BundleError
from core.inference.classifier import Classifier
from core.serving import catalog, event_log
from core.serving.open_models import RETRY_SECONDS, ModelCache, ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.serving.open_models import OpenModel


@dataclass(frozen=True)
class Model:
    """An opened bundle.

    Attributes:
        label: what the picker calls it.
        commit: of the Hub; None for a local folder.
        note: why the Hub could not say whether this is the newest; None where it could.
        bundle: checked.
        key: names this very content, since the manifest holds the hash of every file.
    """

    label: str
    commit: str | None
    note: str | None
    bundle: Bundle
    key: str


def offered() -> dict[str, str]:
    """Return the models of the setting ``MODEL``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them, the token among them, into the environment
    return catalog.offered(os.environ.get("MODEL"))


def is_embedded() -> bool:
    """Tell whether the models on offer are the embedded ones: ``MODEL`` is not set."""
    return catalog.is_embedded(os.environ.get("MODEL"))


@st.cache_resource
def shelf() -> ModelCache:
    """Return the models of all visitors."""
    return ModelCache()


def open_model(label: str, name: str) -> Model | ModelUnavailable:
    """Open a local folder or a repository of the Hub, whose tag or branch stays pinned from then on."""
    with st.spinner("Fetching the model …"):
        found = shelf().open(name)
    if isinstance(found, ModelUnavailable):
        return found
    return Model(label, found.commit, found.note, found.bundle, found.key)


def check(name: str) -> None:
    """Begin to fetch the newest version of a model, its network too."""
    shelf().check(name, _prepare)


def _prepare(opened: OpenModel) -> None:
    _network(opened.key, opened.bundle)


def classifier(model: Model) -> Classifier:
    """Return the network, loaded once for all visitors.

    Raises:
        BundleError: it cannot be loaded.
    """
    with st.spinner("Loading the network …", show_time=True):
        return _network(model.key, model.bundle)


def _network(key: str, bundle: Bundle) -> Classifier:
    outcome = _classifier(key, bundle)
    if isinstance(outcome, ModelUnavailable):
        raise BundleError(outcome.sentence)
    return outcome


def _is_fresh(outcome: Classifier | ModelUnavailable) -> bool:
    return isinstance(outcome, Classifier) or time.monotonic() - outcome.at < RETRY_SECONDS


# Without a spinner of its own: a newer version's network is loaded where there is no page.
@st.cache_resource(max_entries=4, show_spinner=False, validate=_is_fresh)
def _classifier(key: str, _bundle: Bundle) -> Classifier | ModelUnavailable:
    start = time.monotonic()
    try:
        loaded = Classifier(_bundle)
    except BundleError as error:
        event_log.model_refused(_bundle.folder.name, str(error))
        return ModelUnavailable(str(error))
    event_log.network_loaded(key, time.monotonic() - start)
    return loaded


def table(model: Model, name: str) -> pd.DataFrame:
    """Return one of the bundle's tables; see ``Bundle.table``."""
    return _table(model.key, name, model.bundle)


@st.cache_data(max_entries=32, show_spinner=False)
def _table(key: str, name: str, _bundle: Bundle) -> pd.DataFrame:
    del key
    return _bundle.table(name)


def test_images(model: Model) -> dict[str, NDArray[np.uint8]]:
    """Return the bundle's test images, not to be changed; see ``Bundle.test_images``."""
    return _test_images(model.key, model.bundle)


@st.cache_resource(max_entries=4, show_spinner="Reading the test images …")
def _test_images(key: str, _bundle: Bundle) -> dict[str, NDArray[np.uint8]]:
    del key
    return _bundle.test_images()
