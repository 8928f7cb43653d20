"""Sections 5 and 6: the images of DATA_DIR or the phantoms, split and searched for near-duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.data.duplicates.measured import describe
from pages.components.data_audit import collection, gallery
from pages.components.data_audit.split_yourself import split_yourself
from pages.components.shared import data_folder
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.data.audit import Audit
    from pages.components.data_audit.collection import Collection


class OwnData(NamedTuple):
    """The images of a page, and their audit where they are a folder's."""

    collection: Collection
    audit: Audit | None


def draw_split() -> OwnData | None:
    """Find the images and draw the section that splits them; None where there are no images."""
    folder = data_folder.setting()
    audit = None if folder is None else data_folder.outcome(folder)
    shown = collection.phantoms() if folder is None or audit is None else collection.of_folder(folder, audit)
    if shown is None:
        st.info("No images to show: models/ has no embedded model.", icon=":material/info:")
        return None
    hint = " Set DATA_DIR to use a folder of your own." if folder is None else ""
    st.caption(f"Images: {escape_markdown(shown.name)}.{hint}")
    split_yourself(shown)
    return OwnData(shown, audit)


def draw_near_duplicates(own: OwnData) -> None:
    """Draw the section of near-duplicates."""
    gallery.draw_counts(own.collection)
    if own.audit is not None:
        gallery.draw_problems(own.audit)
    gallery.draw(own.collection)
    with st.expander("Which changed images count as near-duplicates", icon=":material/compare:"):
        st.markdown(describe())
