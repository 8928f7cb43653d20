"""The home page's example: a stored test image with the stored answer; no network is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import example
from core.errors import UserError
from core.figures.probabilities import probability_bars
from core.serving import catalog
from pages.components.shared import chart
from pages.components.shared import open_models as opened
from pages.components.shared.text import escape_markdown, in_words

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def embedded() -> tuple[opened.Model, example.Example] | None:
    """Return the first embedded model with its example, or None where there is none."""
    for label, name in catalog.embedded().items():
        model = opened.open_model(label, name)
        if isinstance(model, opened.Model) and (found := of_model(model)):
            return model, found
    return None


def of_model(model: opened.Model) -> example.Example | None:
    """Return a model's example, or None where its bundle has no test images that can be shown."""
    try:
        return _find(model.key, model)
    except UserError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _find(key: str, _model: opened.Model) -> example.Example | None:
    del key
    return example.find(_model.bundle)


def draw(place: DeltaGenerator, model: opened.Model, found: example.Example) -> None:
    """Draw an example into a place, instead of what stands there.

    Args:
        place: an ``st.empty``.
        model: whose example it is.
        found: the example.
    """
    said = max(found.probabilities, key=lambda name: found.probabilities[name])
    simulated = model.bundle.manifest.data.simulated
    with place.container():
        image, answer = st.columns([2, 3], gap="large")
        with image:
            st.image(
                found.pixels,
                width="stretch",
                alt=f"Test image {found.file}, truly {found.true_class}, as the network saw it",
            )
        with answer:
            right = "right" if said == found.true_class else "wrong"
            st.markdown(
                f"{escape_markdown(model.label)} says **{escape_markdown(said)}**; the truth is "
                f"**{escape_markdown(found.true_class)}**: {right}."
            )
            chart.draw(
                probability_bars(found.probabilities),
                key=f"example of {model.key}",
                alt=f"Probabilities: {in_words(found.probabilities)}",
            )
            st.caption(
                f"{'A simulated image' if simulated else 'An image'} from the test set of "
                f"{escape_markdown(model.label)}, {escape_markdown(found.file)}. "
                f"{example.RULE.format(chosen_from=found.chosen_from)} The "
                "answer was stored when the model was published; nothing was computed for this page."
            )
