"""The examples that have been found, with the saliency of their predictions; kept for all visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import example
from core.bundle.manifest import MODEL
from core.errors import UserError
from core.images.preprocessing import fit
from core.inference.work_queue import QueueFullError
from core.serving import catalog
from core.serving.data_folder import read
from pages.components.shared import data_folder, model_choice, open_models
from pages.components.shared.open_models import Model
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
    text = example.RULE.format(chosen_from=found.chosen_from, of_class=escape_markdown(found.of_class))
    return text.replace("  ", " ")


def known(page: PageState) -> Shown | None:
    """Return the example of real images where that has been found before, else that of an embedded model."""
    real = _for_uploads(page)
    if real is not None and _key(real) in _found():
        return _of(real)
    for label, name in catalog.embedded().items():
        model = open_models.open_model(label, name)
        if isinstance(model, Model) and (shown := _stored(model)):
            return shown
    return None


def find(page: PageState, model: Model) -> Shown | None:
    """Return an example of real images where ``DATA_DIR`` has it and nobody chose a model, else the model's.

    None where neither can be had.
    """
    real = _for_uploads(page)
    return (real and _stored(real)) or _stored(model)


def explain(shown: Shown) -> Shown:
    """Return an example with its saliency; the same where the network is large, busy or cannot be loaded."""
    if (shown.model.bundle.folder / MODEL).stat().st_size > _LARGEST_NETWORK:
        return shown
    try:
        predicted = open_models.classifier(shown.model).classify_fitted([shown.example.pixels], _leave)[0]
    except UserError:
        return shown
    _found()[_key(shown.model)] = explained = shown._replace(saliency=predicted.saliency)
    return explained


def _leave(ahead: int) -> None:
    """Leave the queue: nobody asked for this prediction, so nobody waits for it."""
    raise QueueFullError(f"{ahead} requests are ahead.")


@st.cache_resource(show_spinner=False)
def _found() -> dict[tuple[str, Path | None], Shown]:
    return {}


def _key(model: Model) -> tuple[str, Path | None]:
    return model.key, data_folder.setting()


def _for_uploads(page: PageState) -> Model | None:
    """Return the model of real images where its images can be had."""
    label = model_choice.model_for_uploads(page.offered)
    if label is None or data_folder.setting() is None:
        return None
    model = open_models.open_model(label, page.offered[label])
    return model if isinstance(model, Model) and not model.bundle.manifest.data.simulated else None


def _stored(model: Model) -> Shown | None:
    """Return a model's example from its bundle or ``DATA_DIR``, or None where neither holds its image."""
    if _key(model) not in _found():
        try:
            found = example.find(model.bundle) or example.find(model.bundle, lambda sha: _read(model, sha))
        except UserError:
            return None
        if found is None:
            return None
        _found()[_key(model)] = Shown(model, found)
    return _of(model)


def _of(model: Model) -> Shown:
    """Return the example that was found for a model, which may have been found under another label."""
    shown = _found()[_key(model)]
    return shown if shown.model.label == model.label else shown._replace(model=model)


def _read(model: Model, sha256: str) -> NDArray[np.uint8] | None:
    """Return an image of ``DATA_DIR`` as the network sees it."""
    folder = data_folder.setting()
    path = None if folder is None else data_folder.files(folder).get(sha256)
    pixels = None if path is None else read(path, sha256)
    return None if pixels is None else fit(pixels, model.bundle.manifest.recipe.preprocessing)
