"""Models opened once for all visitors: bundles, their tables and images, their networks."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.bundle.folder import BundleError
from core.inference.classifier import Classifier
from core.serving import catalog, event_log
from core.serving.open_models import RETRY_SECONDS, ModelCache, ModelUnavailable, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.data.provenance import DataSource
    from core.evaluation.results import Metrics
    from core.serving.open_models import OpenModel


@dataclass(frozen=True)
class Model:
    """An opened bundle.

    Attributes:
        label: name in the model picker.
        commit: commit on the Hub; None for a local folder.
        note: reason why the model could not be checked for a newer commit; None where it was.
        bundle: verified bundle.
        key: hash of the manifest, and so of the content: the manifest holds the hash of every file.
    """

    label: str
    commit: str | None
    note: str | None
    bundle: Bundle
    key: str


# Streamlit's caches tell models apart by their content.
BY_KEY: dict[str | type[Any], Callable[[Any], Any]] = {Model: attrgetter("key")}


def offered() -> dict[str, str]:
    """Return the models of the setting ``MODEL``, from the environment or Streamlit's secrets."""
    st.secrets.load_if_toml_exists()  # puts them, the token among them, into the environment
    return catalog.offered(os.environ.get("MODEL"))


def is_embedded() -> bool:
    """Return whether the embedded models are offered, because ``MODEL`` is not set."""
    return catalog.is_embedded(os.environ.get("MODEL"))


def known(label: str, name: str) -> Model | None:
    """Return a model where that needs no request: a local folder, or one that has been opened; else None."""
    found = model_cache().known(name)
    return None if found is None else _model(label, found)


def training_data(offered: Mapping[str, str]) -> dict[str, DataSource]:
    """Return the training data of the models of which it is known without a request, in order.

    Args:
        offered: label → name.
    """
    found = {label: model_cache().training_data(name) for label, name in offered.items()}
    return {label: data for label, data in found.items() if data is not None}


def is_refused(name: str) -> bool:
    """Return whether a model could not be opened when it was last tried; it is not tried now."""
    return model_cache().is_refused(name)


@st.cache_resource
def model_cache() -> ModelCache:
    """Return the opened models of all visitors."""
    return ModelCache()


def open_model(label: str, name: str) -> Model | ModelUnavailable:
    """Open a local folder or a Hub repository; a tag or branch stays at the commit found first."""
    with st.spinner("Fetching the model …"):
        found = model_cache().open(name)
    if isinstance(found, ModelUnavailable):
        return found
    return _model(label, found)


def check(name: str) -> None:
    """Begin to fetch the newest version of a model, its network too."""
    model_cache().check(name, lambda opened: _network(_model(name, opened)))


def classifier(model: Model) -> Classifier:
    """Return the network, loaded once for all visitors.

    Raises:
        BundleError: it cannot be loaded, or is out of service.
    """
    with st.spinner("Loading the network …", show_time=True):
        return _network(model)


def can_predict(name: str) -> bool:
    """Return whether a model can be opened and its network loaded; nothing is drawn, as in a callback."""
    found = model_cache().open(name)
    if isinstance(found, ModelUnavailable):
        return False
    try:
        _network(_model(name, found))
    except BundleError:
        return False
    return True


def _model(label: str, opened: OpenModel) -> Model:
    return Model(label, opened.commit, opened.note, opened.bundle, opened.key)


def _network(model: Model) -> Classifier:
    outcome = _load(model)
    if isinstance(outcome, ModelUnavailable):
        raise BundleError(outcome.sentence)
    if outcome.problem:
        raise BundleError(outcome.problem)
    return outcome


def _is_fresh(outcome: Classifier | ModelUnavailable) -> bool:
    return isinstance(outcome, Classifier) or time.monotonic() - outcome.at < RETRY_SECONDS


# Without a spinner of its own: a newer version's network is loaded where there is no page.
@st.cache_resource(max_entries=4, show_spinner=False, validate=_is_fresh, hash_funcs=BY_KEY)
def _load(model: Model) -> Classifier | ModelUnavailable:
    start = time.monotonic()
    try:
        loaded = Classifier(model.bundle)
    except Exception as error:  # noqa: BLE001 - see ``reason``
        sentence = reason(error)
        event_log.model_refused(model.bundle.folder.name, sentence)
        return ModelUnavailable(sentence)
    event_log.network_loaded(model.key, time.monotonic() - start)
    return loaded


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_KEY)
def table(model: Model, name: str) -> pd.DataFrame:
    """Return one of the bundle's tables; see ``Bundle.table``."""
    return model.bundle.table(name)


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_KEY)
def metrics(model: Model) -> Metrics:
    """Return the metrics of the test set, with intervals of the same method on every page.

    Those of the manifest where the table of the test set cannot be read, which a page that shows it says.
    """
    # Here, since it imports SciPy.
    from core.inference.evaluate import current_metrics  # noqa: PLC0415

    try:
        return current_metrics(model.bundle)
    except BundleError:
        return model.bundle.manifest.metrics


@st.cache_resource(max_entries=4, show_spinner="Reading the test images …", hash_funcs=BY_KEY)
def test_images(model: Model) -> Mapping[str, NDArray[np.uint8]]:
    """Return the bundle's test images, each decoded when it is looked up; see ``Bundle.test_images``."""
    return model.bundle.test_images()
