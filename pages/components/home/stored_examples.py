"""The examples that have been found, with the saliency of their predictions; kept for all visitors."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import example
from core.bundle.manifest import MODEL
from core.errors import UserError
from core.inference.work_queue import QueueFullError
from core.serving import catalog
from pages.components.shared import data_folder, open_models
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from pages.components.shared.layout import PageState

# Bytes; a larger network would keep a visitor waiting who only wants to look.
_LARGEST_NETWORK = 16 * 2**20


class Shown(NamedTuple):
    """An example, the model that it is of, and the saliency of every class, float32 [C, h, w], if known."""

    model: Model
    example: example.Example
    saliency: NDArray[np.float32] | None = None


def rule(found: example.Example) -> str:
    """Return the rule by which an example was chosen, in Markdown."""
    return example.RULE.format(chosen_from=found.chosen_from, of_class=of_class(found))


def of_class(found: example.Example) -> str:
    """Return the class that an example was chosen from and a space, in Markdown; '' for all classes."""
    return f"{escape_markdown(found.of_class)} " if found.of_class else ""


def known(page: PageState) -> Shown | None:
    """Return the shown model's example where that was found before, else that of an embedded model."""
    label = page.label
    model = None if label is None else open_models.known(label, page.offered[label])
    if model is not None and (shown := _kept(model, _folder()).shown(model)):
        return shown
    for other, name in catalog.embedded().items():
        embedded = open_models.open_model(other, name)
        if isinstance(embedded, Model) and (shown := _stored(embedded)):
            return shown
    return None


def find(model: Model) -> Shown | None:
    """Return a model's example from its bundle or ``DATA_DIR``, or None where neither holds its image."""
    kept, folder = _kept(model, _folder()), data_folder.setting()
    if kept.example is None:
        state = "" if folder is None else data_folder.state(folder)
        if kept.without != state:
            try:
                kept.example = example.find(model.bundle) or example.find(
                    model.bundle, lambda sha256: _read(model, folder, sha256)
                )
            except UserError:
                return None
            kept.without = state
    return kept.shown(model)


def explain(shown: Shown) -> Shown:
    """Return an example with its saliency; the same where the network is large, busy or cannot be loaded."""
    if (shown.model.bundle.folder / MODEL).stat().st_size > _LARGEST_NETWORK:
        return shown
    try:
        predicted = open_models.classifier(shown.model).classify_fitted([shown.example.pixels], _leave)[0]
    except UserError:
        return shown
    _kept(shown.model, _folder()).saliency = predicted.saliency
    return shown._replace(saliency=predicted.saliency)


def _leave(ahead: int) -> None:
    """Leave the queue: nobody asked for this prediction, so nobody waits for it."""
    raise QueueFullError(f"{ahead} requests are ahead.")


@dataclass
class _Kept:
    """What is known of a model's example.

    Attributes:
        example: the example, once found.
        saliency: that of its prediction, float32 [C, h, w], once computed.
        without: state of ``DATA_DIR`` in which no example was found; None before the first search.
    """

    example: example.Example | None = None
    saliency: NDArray[np.float32] | None = None
    without: str | None = None

    def shown(self, model: Model) -> Shown | None:
        """Return the example as that of a model, which names it by its own label."""
        return None if self.example is None else Shown(model, self.example, self.saliency)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _kept(model: Model, folder: str) -> _Kept:  # noqa: ARG001 - the key of the cache
    return _Kept()


def _folder() -> str:
    return str(data_folder.setting() or "")


def _stored(model: Model) -> Shown | None:
    """Return a model's example from its bundle, or None where it has no test images."""
    kept = _kept(model, _folder())
    if kept.example is None:
        with contextlib.suppress(UserError):
            kept.example = example.find(model.bundle)
    return kept.shown(model)


def _read(model: Model, folder: Path | None, sha256: str) -> NDArray[np.uint8] | None:
    """Return an image of ``DATA_DIR`` as the network sees it."""
    path = None if folder is None else data_folder.files(folder).get(sha256)
    return None if path is None else data_folder.fitted(model, str(path), sha256)
