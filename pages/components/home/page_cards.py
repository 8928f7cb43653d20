"""Cards that lead to the other pages, each with a small preview of what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.components.home import previews
from pages.components.shared import image_cards, navigation
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered

if TYPE_CHECKING:
    from pages.components.home.stored_examples import Shown
    from pages.components.shared.layout import PageState

_NARROWEST = 150  # pixels


def draw(page: PageState, shown: Shown | None) -> None:
    """Draw a card for each page, with previews where there is an example to make them from."""
    drawn = {} if shown is None else previews.of(shown)
    with (
        st.container(key=Key.PAGE_CARDS),
        st.grid(len(navigation.PAGES) - 1, min_column_width=_NARROWEST),
    ):
        for target in navigation.PAGES[1:]:
            with st.container(height="stretch", gap="xsmall"):
                if target.file in drawn:
                    source, alt = drawn[target.file]
                    key = numbered(Key.PREVIEW, target.title)
                    image_cards.gallery([Card(target.file, source, alt)], key=key, label="Preview", columns=1)
                navigation.link(page.address, target)
                st.caption(target.purpose)
