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
from pages.components.shared import data_folder, examples, open_models
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.data.provenance import DataSource
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
    """

    model: Model
    example: example.Example
    saliency: NDArray[np.float32] | None = None
    source: DataSource | None = None


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
    kept, files = _kept(model, _places()), _files()
    if kept.example is None:
        state = f"{data_folder.state(files.folder)} {files.by_hash is not None}" if files else ""
        if kept.without != state:
            try:
                kept.example = example.find(model.bundle) or example.find(
                    model.bundle, lambda sha256: _read(model, files, sha256)
                )
            except UserError:
                return None
            kept.without = state
    if kept.example is None and (files is None or files.by_hash is not None):
        _predict(model, kept)
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


def _predict(model: Model, kept: _Kept) -> None:
    """Make a prediction for an image of the positive class, if there is one, unless that would take long."""
    found = examples.find(model).examples
    if found is None or (model.bundle.folder / MODEL).stat().st_size > _LARGEST_NETWORK:
        return
    manifest = model.bundle.manifest
    chosen = next((one for one in found.images if one.true_class == manifest.positive_class), found.images[0])
    pixels = chosen.read()
    if pixels is None:
        return
    fitted = fit(pixels, manifest.recipe.preprocessing)
    with contextlib.suppress(UserError):
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
        kept.saliency, kept.source = predicted.saliency, found.source


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
        without: state of ``DATA_DIR`` in which no test image was found; None before the first search.
    """

    example: example.Example | None = None
    saliency: NDArray[np.float32] | None = None
    source: DataSource | None = None
    without: str | None = None

    def shown(self, model: Model) -> Shown | None:
        """Return the example as that of a model, which names it by its own label."""
        return None if self.example is None else Shown(model, self.example, self.saliency, self.source)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _kept(model: Model, places: str) -> _Kept:  # noqa: ARG001 - the key of the cache
    return _Kept()


def _places() -> str:
    return f"{data_folder.setting()} {examples.setting()}"


def _stored(model: Model) -> Shown | None:
    """Return a model's example from its bundle, or None where it has no test images."""
    kept = _kept(model, _places())
    if kept.example is None:
        with contextlib.suppress(UserError):
            kept.example = example.find(model.bundle)
    return kept.shown(model)


class _Files(NamedTuple):
    """The folder of ``DATA_DIR``, and its images by the hash of their pixels once they have been read."""

    folder: Path
    by_hash: dict[str, Path] | None


def _files() -> _Files | None:
    folder = data_folder.setting()
    if folder is None:
        return None
    future = data_folder.indexed(folder).future
    is_read = future.done() and future.exception() is None
    return _Files(folder, future.result() if is_read else None)


def _read(model: Model, files: _Files | None, sha256: str) -> NDArray[np.uint8] | None:
    """Return an image of ``DATA_DIR`` as the network sees it."""
    path = None if files is None or files.by_hash is None else files.by_hash.get(sha256)
    return None if path is None else data_folder.fitted(model, str(path), sha256)
