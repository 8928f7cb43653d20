"""The examples that have been found, with the saliency of their predictions; kept for all visitors."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import example
from core.bundle.manifest import MODEL
from core.errors import UserError
from core.images.preprocessing import fit
from core.inference.work_queue import QueueFullError
from core.serving import catalog
from pages.components.home import real_image
from pages.components.shared import data_folder, examples, open_models
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.training_overlap import Seen
    from core.data.provenance import DataSource
    from core.serving.examples import Examples
    from pages.components.shared.layout import PageState

# Bytes; a larger network would keep a visitor waiting who only wants to look.
_LARGEST_NETWORK = 16 * 2**20


class Shown(NamedTuple):
    """An example with its prediction.

    Attributes:
        model: the model that it is of.
        example: the example.
        saliency: saliency of every class, float32 [C, h, w]; None where it is not known.
        source: data set of an image that is none of the model's test images; None for a test image.
        seen: image of its training data that this one equals or is a near-duplicate of; None without one.
    """

    model: Model
    example: example.Example
    saliency: NDArray[np.float32] | None = None
    source: DataSource | None = None
    seen: Seen | None = None


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
    if model is not None and (shown := _kept(model, _places()).shown(model)):
        return shown
    for other, name in catalog.embedded().items():
        embedded = open_models.open_model(other, name)
        if isinstance(embedded, Model) and (shown := _stored(embedded)):
            return shown
    return None


def find(model: Model) -> Shown | None:
    """Return a model's example, or None where none can be had without waiting.

    It is one of its test images, in its bundle or in ``DATA_DIR``, or else another real image, for which a
    prediction is made.
    """
    # First: once it has found others, the images of ``DATA_DIR`` have been read, and its own test images come
    # before them.
    others = examples.find(model).examples
    kept, files = _kept(model, _places()), _files()
    if kept.example is None and kept.without != (searched := files is not None):
        with contextlib.suppress(UserError):
            kept.example = example.find(model.bundle)
        if kept.example is None and files is not None:
            with contextlib.suppress(UserError):
                kept.example = example.find(model.bundle, lambda sha256: _read(model, files, sha256))
        kept.without = searched
    if kept.example is None and others is not None:
        _predict(model, kept, others)
    return kept.shown(model)


def explain(shown: Shown) -> Shown:
    """Return an example with its saliency; the same where the network is large, busy or cannot be loaded."""
    if (shown.model.bundle.folder / MODEL).stat().st_size > _LARGEST_NETWORK:
        return shown
    try:
        predicted = open_models.classifier(shown.model).classify_fitted([shown.example.pixels], _leave)[0]
    except UserError:
        return shown
    _kept(shown.model, _places()).saliency = predicted.saliency
    return shown._replace(saliency=predicted.saliency)


def _predict(model: Model, kept: _Kept, found: Examples) -> None:
    """Make a prediction for a real image, unless that would take long."""
    if (model.bundle.folder / MODEL).stat().st_size > _LARGEST_NETWORK:
        return
    with contextlib.suppress(UserError):
        chosen = real_image.choose(model.bundle, found)
        if chosen is None:
            return
        fitted = fit(chosen.pixels, model.bundle.manifest.recipe.preprocessing)
        predicted = open_models.classifier(model).classify_fitted([fitted], _leave)[0]
        kept.example = example.Example(
            found.source.name,
            chosen.true_class,
            predicted.probabilities,
            fitted,
            "",
            1,
            int(predicted.predicted_class == chosen.true_class),
        )
        kept.saliency, kept.source, kept.seen = predicted.saliency, found.source, chosen.seen


def _leave(ahead: int) -> None:
    """Leave the queue: nobody asked for this prediction, so nobody waits for it."""
    raise QueueFullError(f"{ahead} requests are ahead.")


@dataclass
class _Kept:
    """What is known of a model's example.

    Attributes:
        example: the example, once found.
        saliency: that of its prediction, float32 [C, h, w], once computed.
        source: data set of an image that is none of the model's test images; None for a test image.
        seen: image of its training data that this one equals or is a near-duplicate of; None without one.
        without: whether the images of ``DATA_DIR`` were searched, too, when no test image was found; None
            before the first search.
    """

    example: example.Example | None = None
    saliency: NDArray[np.float32] | None = None
    source: DataSource | None = None
    seen: Seen | None = None
    without: bool | None = None

    def shown(self, model: Model) -> Shown | None:
        """Return the example as that of a model, which names it by its own label."""
        if self.example is None:
            return None
        return Shown(model, self.example, self.saliency, self.source, self.seen)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _kept(model: Model, places: str) -> _Kept:  # noqa: ARG001 - the key of the cache
    return _Kept()


def _places() -> str:
    """Return what changes where an example may come from: an image that was removed must not stay."""
    folder = data_folder.setting()
    return f"{'' if folder is None else data_folder.state(folder)} {examples.setting()}"


def _stored(model: Model) -> Shown | None:
    """Return a model's example from its bundle, or None where it has no test images."""
    kept = _kept(model, _places())
    if kept.example is None:
        with contextlib.suppress(UserError):
            kept.example = example.find(model.bundle)
    return kept.shown(model)


def _files() -> dict[str, Path] | None:
    """Return the images of ``DATA_DIR`` by the hash of their pixels; None where they have not been read."""
    folder = data_folder.setting()
    future = None if folder is None else data_folder.indexed(folder).future
    if future is None or not future.done() or future.exception() is not None:
        return None
    return future.result()


def _read(model: Model, files: dict[str, Path], sha256: str) -> NDArray[np.uint8] | None:
    """Return an image of ``DATA_DIR`` as the network sees it."""
    path = files.get(sha256)
    return None if path is None else data_folder.fitted(model, str(path), sha256)
