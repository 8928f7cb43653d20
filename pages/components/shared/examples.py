"""Example images with known classes, real ones wherever they can be had.

They are the shown model's own test images, else images of ``DATA_DIR``, else of the data set that
``EXAMPLES`` names. The last two are read in the background, so that nobody waits for them.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.errors import UserError
from core.serving import examples
from core.serving.background import BackgroundTask
from core.serving.open_models import RETRY_SECONDS
from pages.components.shared import data_folder, image_cards, images, polling
from pages.components.shared.input_image import InputImage
from pages.components.shared.open_models import BY_KEY, Model

if TYPE_CHECKING:
    from core.serving.examples import Example, Examples

_SIDE = 240  # pixels of a card


class Found(NamedTuple):
    """Example images for a model.

    Attributes:
        examples: real images, or the model's own; None where only simulated ones can be had, or until then.
        waiting: whether they are being read or fetched.
        problem: why those of ``EXAMPLES`` cannot be had, as a sentence; '' otherwise.
    """

    examples: Examples | None = None
    waiting: bool = False
    problem: str = ""


def setting() -> str:
    """Return the setting ``EXAMPLES``, from the environment or Streamlit's secrets; '' without it."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return os.environ.get("EXAMPLES", "").strip()


def find(model: Model) -> Found:
    """Return example images for a model, without waiting."""
    own = _of_bundle(model)
    if own is not None:
        return Found(own)
    folder = data_folder.setting()
    if folder is not None:
        found = _outcome(_of_folder(model, folder))
        if found.examples is not None or found.waiting:
            return found
    if setting() and not model.bundle.manifest.data.simulated:
        return _outcome(_fetched(setting()))
    return Found()


def wait(model: Model) -> None:
    """Run the page again once examples have come that are being read or fetched."""
    polling.wait_for(lambda: not find(model).waiting, lambda: None)


def thumbnail(found: Examples, one: Example) -> str | None:
    """Return a small copy of an example as a ``data:`` URL; None where it cannot be had any more."""
    return _thumbnail(one.sha256, found.tested, one)


def first(model: Model) -> InputImage | None:
    """Return an example for a page that shows one before the visitor has any; None where there is none."""
    found = find(model).examples
    return None if found is None else image(found, 0)


def image(found: Examples, number: int) -> InputImage | None:
    """Return an example as an image of a visitor; None where it cannot be had any more."""
    one = found.images[number]
    pixels = one.read()
    if pixels is None:
        return None
    return InputImage.of(
        f"example {number + 1}", pixels, simulated=found.source.simulated, true_class=one.true_class
    )


def take(found: Examples, sha256: str) -> None:
    """Add an example to the visitor's images: the callback of its card."""
    number = next((n for n, one in enumerate(found.images) if one.sha256 == sha256), None)
    taken = None if number is None else image(found, number)
    if taken is not None:
        images.add(taken)


# The key of a bundle's image is that of the original: it tells one from its small copy by ``tested``.
@st.cache_data(max_entries=1024, show_spinner=False)
def _thumbnail(sha256: str, tested: bool, _example: Example) -> str | None:  # noqa: ARG001 - the key
    pixels = _example.read()
    return None if pixels is None else image_cards.as_thumbnail(pixels, _SIDE)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _of_bundle(model: Model) -> Examples | None:
    try:
        return examples.of_bundle(model.bundle)
    except UserError:
        return None  # a page that needs them says so


def _of_folder(model: Model, folder: Path) -> BackgroundTask[Examples | None]:
    return _read(model, folder, data_folder.indexed(folder))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY | {type(Path()): data_folder.state})
def _read(
    model: Model, folder: Path, _indexed: BackgroundTask[dict[str, Path]]
) -> BackgroundTask[Examples | None]:
    return BackgroundTask(lambda _: examples.of_folder(folder, _indexed.future.result(), model.bundle))


def _may_be_asked_again(task: BackgroundTask[Examples]) -> bool:
    failed = task.future.done() and task.future.exception() is not None
    return failed and time.monotonic() - task.began > RETRY_SECONDS


@st.cache_resource(max_entries=2, show_spinner=False, validate=lambda task: not _may_be_asked_again(task))
def _fetched(data_set: str) -> BackgroundTask[Examples]:
    return BackgroundTask(
        lambda progress: examples.fetch(data_set, lambda _, done, total: progress(done, total))
    )


def _outcome(task: BackgroundTask[Examples] | BackgroundTask[Examples | None]) -> Found:
    if not task.future.done():
        return Found(waiting=True)
    error = task.future.exception()
    if error is None:
        return Found(task.future.result())
    reason = (
        str(error) if isinstance(error, UserError) else f"They cannot be opened ({type(error).__name__})."
    )
    return Found(problem=reason)
