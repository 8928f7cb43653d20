"""The images that a person classifies, and the model that they play against.

They are the shown model's test images; else other images of its classes that it has not seen in training, in
``DATA_DIR`` or in the data set that ``EXAMPLES`` names; else the simulated ones of the teaching model.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.errors import UserError
from core.serving import blinded_set, catalog, training_domain
from core.serving.background import BackgroundTask
from pages.components.shared import data_folder, examples, layout, open_models, polling
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.text import escape_markdown, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from core.data.provenance import DataSource
    from core.serving.examples import Examples

_FEWEST = 6  # images of different groups: less is no set
_NOBODY = "they say nothing about patients"


class Source(NamedTuple):
    """Where sets are drawn from.

    Attributes:
        model: the model that is played against.
        images: the images, with ``sha256``, ``true_class`` and ``group``; test images with predictions.
        read: function that returns the pixels of an image by its hash; None where it is gone.
        tested: whether they are test images of that model.
        fitted: whether they are read as its network saw them.
        line: what they are, as a line of Markdown.
    """

    model: Model
    images: pd.DataFrame
    read: Callable[[str], NDArray[np.uint8] | None]
    tested: bool
    fitted: bool
    line: str


def find(model: Model) -> Source | None:
    """Return where sets for a model are drawn from; None while that is being read or fetched.

    Raises:
        UserError: a table cannot be read, or there are no images at all.
    """
    stored = open_models.test_images(model)
    if stored:
        images = _tested(model, stored)
        if images["group"].nunique() >= _FEWEST:
            line = _of_tests(model, model.bundle.manifest.data)
            return Source(model, images, stored.get, tested=True, fitted=True, line=line)
    found = examples.find(model)
    if found.waiting:
        return None
    if found.examples is None:
        return _simulated(model, found.note)
    by_hash = {one.sha256: one for one in found.examples.images}

    def read(sha256: str) -> NDArray[np.uint8] | None:
        return by_hash[sha256].read()

    if found.examples.tested:
        images = _tested(model, by_hash)
        line = _of_tests(model, found.examples.source)
        source = Source(model, images, read, tested=True, fitted=False, line=line)
    else:
        task = _unseen(model, _place(), found.examples)
        if not task.future.done():
            return None
        source = Source(
            model,
            task.future.result(),
            read,
            tested=False,
            fitted=False,
            line=_of_others(model, found.examples),
        )
    if source.images["group"].nunique() >= _FEWEST:
        return source
    name = escape_markdown(training_domain.short_name(found.examples.source))
    seen = "" if source.tested else f" that {escape_markdown(model.label)} has not seen in training"
    return _simulated(model, f":material/cloud_off: {name} has too few images{seen}.")


def wait(model: Model, source: Source | None) -> None:
    """Draw how far the images are that are being read or fetched, and run the page again once they have come.

    Args:
        model: the model that the page shows.
        source: what ``find`` returned.
    """
    with layout.main_object() if source is None else contextlib.nullcontext():
        polling.wait_for(lambda: source is not None or _have_come(model), _draw_progress)


def _have_come(model: Model) -> bool:
    try:
        return find(model) is not None
    except UserError:
        return True  # the page says it


def _draw_progress() -> None:
    st.info("The images are being read. The page goes on by itself.", icon=":material/hourglass_top:")
    folder = data_folder.setting()
    if folder is not None:
        task = data_folder.indexed(folder)
        st.progress(
            task.done / max(task.total, 1), f"{task.done:,} of {task.total:,} files of the data folder"
        )


def _simulated(model: Model, note: str) -> Source:
    """Return the images of the teaching model, against which a person then plays.

    Args:
        model: the model that the page shows.
        note: why its own or other real images cannot be had, as Markdown; '' where nobody tried.
    """
    for label, name in catalog.teaching().items():
        teaching = open_models.known(label, name)
        if teaching is None or not (stored := open_models.test_images(teaching)):
            continue
        data, shown = model.bundle.manifest.data, escape_markdown(model.label)
        names = [escape_markdown(training_domain.short_name(part)) for part in data.each()]
        where = f"its data, {join(names)}"
        line = (
            f":material/science: Simulated images, against the teaching model **{escape_markdown(label)}**: "
            f"{_NOBODY}."
        )
        if not data.simulated:
            line += (
                f" To play against {shown} with real images, set DATA_DIR to the folder of {where}, or "
                "EXAMPLES to a data set of the Hub."
            )
        line = f"{line} {note}".strip()
        return Source(teaching, _tested(teaching, stored), stored.get, tested=True, fitted=True, line=line)
    raise UserError(
        f"There are no images to classify: {model.label} has no test images here, and the app has no "
        "teaching model. Set DATA_DIR to the folder of its data, or EXAMPLES to a data set of the Hub."
    )


def _of_tests(model: Model, data: DataSource) -> str:
    label = escape_markdown(model.label)
    if data.simulated:
        return (
            f":material/science: Simulated test images of **{label}**: {_NOBODY}. To see real ones, "
            "choose a model that was trained on real images. Where it has none to show, set DATA_DIR or "
            "EXAMPLES."
        )
    return f"Test images of **{label}**. {examples.licence(data)}"


def _of_others(model: Model, found: Examples) -> str:
    name = escape_markdown(training_domain.short_name(found.source))
    return (
        f"Images from {name}; **{escape_markdown(model.label)}** has seen none of them in training. Their "
        f"patients are not known. {examples.licence(found.source)}"
    )


def _tested(model: Model, available: Iterable[str]) -> pd.DataFrame:
    return _test_set(model, tuple(available))


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _test_set(model: Model, available: tuple[str, ...]) -> pd.DataFrame:
    return blinded_set.of_test_set(model.bundle, available)


# What the examples are depends on the place alone, and on what lies there.
@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _unseen(model: Model, place: str, _found: Examples) -> BackgroundTask[pd.DataFrame]:  # noqa: ARG001
    return BackgroundTask(lambda _: blinded_set.of_examples(model.bundle, _found))


def _place() -> str:
    folder = data_folder.setting()
    return f"{'' if folder is None else data_folder.state(folder)} {examples.setting()}"
