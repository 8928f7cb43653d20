"""Example images that are classified by one click; their true class is shown with the prediction."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.classify import thumbnails
from pages.components.shared import examples, image_cards, images, session
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.serving.examples import Examples
    from pages.components.shared.open_models import Model

_SHOWN = 6
_EXAMPLE_WIDTH = 124  # pixels


def draw(place: DeltaGenerator, model: Model, *, large: bool) -> None:
    """Draw examples, and run the page again when real ones have come that were being read or fetched.

    Args:
        place: where they are drawn.
        model: the model that is shown.
        large: whether there is room for them, since the visitor has no image yet.
    """
    with place:
        found = examples.find(model)
        if found.note:
            st.caption(found.note)
        if found.examples is not None:
            _cards(
                model,
                found.examples,
                "No image at hand? Open one of these:" if large else "Or open one of these:",
            )
        if found.examples is None and large:
            _simulated()
        elif found.examples is None or found.examples.source.simulated:
            images.simulate_buttons()
    examples.wait(model)


def _cards(model: Model, found: Examples, invitation: str) -> None:
    sets = -(-len(found.images) // _SHOWN)
    start = session.EXAMPLE_SET.get() % sets * _SHOWN
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(invitation, width="content")
        if sets > 1:
            st.button("Others", icon=":material/casino:", type="tertiary", on_click=_next_set)
    cards = [
        Card(one.sha256, source, f"example {number}, its class not yet shown")
        for number, one in enumerate(found.images[start : start + _SHOWN], start + 1)
        if (source := examples.thumbnail(found, one)) is not None
    ]
    image_cards.gallery(
        cards,
        partial(examples.take, model, found),
        key=Key.EXAMPLES,
        label="Examples",
        columns=3,
        narrowest=88,
    )
    source = f"Test images of {model.label}" if found.tested else f"Images from {found.source.name}"
    st.caption(
        f"{escape_markdown(source)}. {examples.licence(found.source)}",
        help=f"The true class is shown with the prediction. {len(found.images)} images, drawn at random with "
        f"a fixed seed, class by class. {examples.citation(found.source)}",
    )


def _simulated() -> None:
    st.caption("No image at hand? Simulate one:")
    for number in images.simulated_examples():
        image = images.example(number)
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width=_EXAMPLE_WIDTH):
                card = Card(image.name, thumbnails.large(image), f"{image.name}, its class not yet shown")
                key = numbered(Key.SIMULATED_EXAMPLE, number)
                image_cards.gallery([card], key=key, label="Example", columns=1)
            images.simulate_button(number)


def _next_set() -> None:
    session.EXAMPLE_SET.set(session.EXAMPLE_SET.get() + 1)
