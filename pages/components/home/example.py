"""The home page's example: a stored test image with its stored prediction; no network is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import example
from core.errors import UserError
from core.figures.probabilities import probability_bars
from core.serving import catalog
from pages.components.shared import chart, open_models, session
from pages.components.shared.open_models import BY_KEY, Model
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown, format_probabilities

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


class Place(NamedTuple):
    """Where the example is drawn.

    Attributes:
        example: an ``st.empty`` for the example.
        note: an ``st.empty`` for a note below it.
        embedded: the embedded model whose example stands there; None without one.
    """

    example: DeltaGenerator
    note: DeltaGenerator
    embedded: Model | None


def draw_embedded() -> Place:
    """Draw the example of the first embedded model: the chosen one may have to be fetched first."""
    place = st.empty()
    for label, name in catalog.embedded().items():
        model = open_models.open_model(label, name)
        if isinstance(model, Model) and (found := _of_model(model)):
            _draw(place, model, found)
            return Place(place, st.empty(), model)
    return Place(place, st.empty(), None)


def replace(place: Place, model: Model) -> None:
    """Draw the example of a model instead, or say that it has none."""
    if place.embedded is not None and model.key == place.embedded.key:
        return
    found = _of_model(model)
    if found is not None:
        _draw(place.example, model, found)
    elif place.embedded is not None:
        place.note.caption(
            f"{escape_markdown(model.label)} was published without test images. The example is from the "
            f"embedded model {escape_markdown(place.embedded.label)}."
        )


def _of_model(model: Model) -> example.Example | None:
    """Return a model's example, or None where its bundle holds no test images."""
    try:
        return _find(model)
    except UserError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _find(model: Model) -> example.Example | None:
    return example.find(model.bundle)


def _draw(place: DeltaGenerator, model: Model, found: example.Example) -> None:
    predicted = max(found.probabilities, key=lambda name: found.probabilities[name])
    simulated = model.bundle.manifest.data.simulated
    with place.container():
        image, prediction = st.columns([2, 3], gap="large")
        with image:
            st.image(
                found.pixels,
                width="stretch",
                alt=f"Test image {found.file}, true class {found.true_class}, as the network saw it",
            )
        with prediction:
            correct = "correct" if predicted == found.true_class else "wrong"
            st.markdown(
                f"{escape_markdown(model.label)} predicts **{escape_markdown(predicted)}**; the true class "
                f"is **{escape_markdown(found.true_class)}**: {correct}."
            )
            chart.draw(
                probability_bars(found.probabilities),
                key=session.numbered(Key.EXAMPLE_CHART, model.key),
                alt=f"Probabilities: {format_probabilities(found.probabilities)}",
            )
            st.caption(
                f"{'A simulated image' if simulated else 'An image'} from the test set of "
                f"{escape_markdown(model.label)}, {escape_markdown(found.file)}. The prediction is stored in "
                "the bundle.",
                help=example.RULE.format(chosen_from=found.chosen_from),
            )
