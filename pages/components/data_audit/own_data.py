"""The images of steps 5 and 6: those of DATA_DIR, or the phantoms until they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.components.data_audit import collection
from pages.components.shared import data_folder
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from pages.components.data_audit.collection import Collection
    from pages.components.shared.data_folder import AuditOf


class OwnData(NamedTuple):
    """The images of a step, and their audit where they are a folder's."""

    collection: Collection
    audited: AuditOf | None


def find() -> OwnData | None:
    """Return the images; None where there are none, with a note."""
    folder = data_folder.setting()
    audited = None if folder is None else data_folder.outcome(folder)
    if folder is None or audited is None:
        shown = collection.phantoms()
    else:
        shown = collection.of_folder(folder, audited)
    if shown is None:
        st.info("No images to show: models/ has no embedded model.", icon=":material/info:")
        return None
    return OwnData(shown, audited)


def wait(own: OwnData | None) -> None:
    """Draw what there is to wait for, below what shows the images, so that nothing moves."""
    folder = data_folder.setting()
    if folder is not None:
        data_folder.wait(folder, None if own is None else own.audited)


def name(shown: Collection, more: str = "") -> None:
    """Draw which images these are, and a sentence more."""
    hint = "Set DATA_DIR to use a folder of your own." if data_folder.setting() is None else None
    st.caption(f"Images: {escape_markdown(shown.name)}. {more}".strip(), help=hint)
