"""Example images with known classes, real ones wherever they can be had.

They are the shown model's own test images, else images of ``DATA_DIR``, else of the data set that
``EXAMPLES`` names. The last two are read in the background, so that nobody waits for them.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import streamlit as st

from core.data.provenance import NOT_STATED
from core.errors import UserError
from core.serving import event_log, examples, training_domain
from core.serving.background import BackgroundTask
from core.serving.open_models import RETRY_SECONDS
from pages.components.shared import data_folder, image_cards, images, polling
from pages.components.shared.input_image import InputImage
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.data.provenance import DataSource
    from core.serving.examples import Example, Examples

T = TypeVar("T")
_SIDE = 240  # pixels of a card


class Found(NamedTuple):
    """Example images for a model.

    Attributes:
        examples: real images, or the model's own; None where only simulated ones can be had, or until then.
        waiting: whether they are being read or fetched.
        note: that they are, or why those of ``DATA_DIR`` or ``EXAMPLES`` cannot be had, as a line of
            Markdown; '' otherwise.
    """

    examples: Examples | None = None
    waiting: bool = False
    note: str = ""


def setting() -> str:
    """Return the setting ``EXAMPLES``, from the environment or Streamlit's secrets; '' without it."""
    st.secrets.load_if_toml_exists()  # puts them into the environment
    return os.environ.get("EXAMPLES", "").strip()


def find(model: Model) -> Found:
    """Return example images for a model, without waiting."""
    own = _of_bundle(model)
    if own is not None:
        return Found(own)
    found, problems = _Outcome(), []
    for look in (_in_data_folder, _in_data_set):
        found = look(model)
        problems.append(found.problem)
        if found.examples is not None or found.waiting:
            break
    # For a teaching model other images would be outside the training domain: nobody misses them.
    real = not model.bundle.manifest.data.simulated
    return Found(
        found.examples, found.waiting, _note(found, " ".join(filter(None, problems))) if real else ""
    )


def wait(model: Model) -> None:
    """Run the page again once examples have come that are being read or fetched."""
    polling.wait_for(lambda: not find(model).waiting, lambda: None)


def fetched() -> Examples | None:
    """Return the images of the data set that ``EXAMPLES`` names; None without it, and until they came."""
    if not setting():
        return None
    future = _fetched(setting()).future
    return future.result() if future.done() and future.exception() is None else None


def thumbnail(found: Examples, one: Example) -> str | None:
    """Return a small copy of an example as a ``data:`` URL; None where it cannot be had any more."""
    return _thumbnail(one.sha256, found.tested, one)


def first(model: Model) -> InputImage | None:
    """Return an example for a page that shows one before the visitor has any; None where there is none."""
    found = find(model).examples
    return None if found is None else image(model, found, 0)


def image(model: Model, found: Examples, number: int) -> InputImage | None:
    """Return an example of a model as an image of a visitor; None where it cannot be had any more."""
    one = found.images[number]
    pixels = one.read()
    if pixels is None:
        return None
    source = model.label if found.tested else training_domain.short_name(found.source)
    return InputImage.of(
        f"example {number + 1} of {source}",
        pixels,
        simulated=found.source.simulated,
        true_class=one.true_class,
    )


def take(model: Model, found: Examples, sha256: str) -> None:
    """Add an example to the visitor's images: the callback of its card."""
    number = next((n for n, one in enumerate(found.images) if one.sha256 == sha256), None)
    images.take(None if number is None else image(model, found, number))


def licence(source: DataSource) -> str:
    """Return the licence of a data set in Markdown, as words that nobody takes for the app's own."""
    return f"Licence: {escape_markdown(source.licence or NOT_STATED)}"


def citation(source: DataSource) -> str:
    """Return the citation of a data set in Markdown."""
    return f"Citation: {escape_markdown((source.citation or 'none given').removesuffix('.'))}."


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


class _Outcome(NamedTuple):
    """What one source gives: examples, or that they are being read or fetched, or why it has none."""

    examples: Examples | None = None
    waiting: bool = False
    problem: str = ""


def _in_data_folder(model: Model) -> _Outcome:
    folder = data_folder.setting()
    return _Outcome() if folder is None else _outcome(_of_folder(model, folder), "The folder of DATA_DIR")


def _in_data_set(model: Model) -> _Outcome:
    if not setting() or model.bundle.manifest.data.simulated:
        return _Outcome()
    found = _outcome(_fetched(setting()), "The data set of EXAMPLES")
    if found.examples is None:
        return found
    try:
        return _Outcome(examples.of_classes(found.examples, model.bundle))
    except UserError as error:
        return _Outcome(problem=str(error))


def _outcome(task: BackgroundTask[Examples] | BackgroundTask[Examples | None], what: str) -> _Outcome:
    if not task.future.done():
        return _Outcome(waiting=True)
    error = task.future.exception()
    if error is not None:
        return _Outcome(problem=examples.reason(error, what))
    return _Outcome(task.future.result())


def _note(found: _Outcome, problems: str) -> str:
    """Return a line on what the visitor does not see, in Markdown."""
    if found.waiting:
        return ":material/hourglass_top: Real images are being read. Until then you see simulated ones."
    if not problems:
        return ""
    instead = "The real examples cannot be shown. " if found.examples is None else ""
    return f":material/cloud_off: {instead}{escape_markdown(problems)}"


def _of_folder(model: Model, folder: Path) -> BackgroundTask[Examples | None]:
    return _read(model, folder, data_folder.indexed(folder))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY | {type(Path()): data_folder.state})
def _read(
    model: Model, folder: Path, _indexed: BackgroundTask[dict[str, Path]]
) -> BackgroundTask[Examples | None]:
    def read() -> Examples | None:
        return examples.of_folder(folder, _indexed.future.result(), model.bundle)

    return BackgroundTask(lambda _: _logged("DATA_DIR", read))


def _may_be_asked_again(task: BackgroundTask[Examples]) -> bool:
    failed = task.future.done() and task.future.exception() is not None
    return failed and time.monotonic() - task.began > RETRY_SECONDS


@st.cache_resource(max_entries=2, show_spinner=False, validate=lambda task: not _may_be_asked_again(task))
def _fetched(data_set: str) -> BackgroundTask[Examples]:
    return BackgroundTask(lambda _: _logged("EXAMPLES", lambda: examples.fetch(data_set, lambda *_: None)))


def _logged(source: str, work: Callable[[], T]) -> T:
    """Return what some work returns; log the error in full where it raises one."""
    try:
        return work()
    except Exception as error:
        event_log.examples_refused(source, f"{type(error).__name__}: {error}")
        raise
