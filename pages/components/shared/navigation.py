"""The pages of the app, and links between them that keep what a visitor sees.

The view of a page stands in its address (``bind="query-params"``). The session remembers the last address of
each page, and links lead back to it.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from pages.components.shared import session
from pages.components.shared.keys import Key


class Page(NamedTuple):
    """A page of the app."""

    file: str
    title: str
    icon: str
    purpose: str
    short: str = ""
    """Title where there is little room; '' where the title itself fits."""


HOME = Page(
    "streamlit_app.py",
    "Home",
    ":material/home:",
    "A network's prediction for a breast ultrasound image, how it was trained, and how far to trust it",
)
CLASSIFY = Page(
    "pages/classify.py",
    "Classify",
    ":material/image_search:",
    "Upload images; see the model's probabilities and which regions influenced them",
)
AUGMENTATION = Page(
    "pages/augmentation.py",
    "Augmentation",
    ":material/tune:",
    "See how training changes an image at random, and how often that changes the prediction",
)
TRAINING_CURVES = Page(
    "pages/training_curves.py",
    "Training curves",
    ":material/show_chart:",
    "Follow accuracy and loss epoch by epoch, beside other trainings and the paper's",
)
CONFUSION_MATRIX = Page(
    "pages/confusion_matrix.py",
    "Confusion matrix",
    ":material/grid_on:",
    "See which classes the model confuses: click a cell for its images, and an image for its explanation",
)
YOU_AGAINST_THE_MODEL = Page(
    "pages/you_against_the_model.py",
    "You against the model",
    ":material/person_check:",
    "Classify test images blinded, and see your errors beside the model's",
    short="You vs. the model",
)
DATA_AUDIT = Page(
    "pages/data_audit.py",
    "Data audit",
    ":material/fact_check:",
    "How data leakage raises accuracy to 90 %, and how to spot it",
)
PAGES = (HOME, CLASSIFY, AUGMENTATION, TRAINING_CURVES, CONFUSION_MATRIX, YOU_AGAINST_THE_MODEL, DATA_AUDIT)


def remember(page: Page) -> None:
    """Remember the page's address; a fragment with bound widgets calls this as well."""
    address = {name: st.query_params.get_all(name) for name in st.query_params if name != Key.MODEL}
    session.ADDRESSES.get()[page.file] = address


def link(model: dict[str, str], page: Page, *, fresh: bool = False, label: str | None = None) -> None:
    """Draw a link to a page; opened elsewhere, it shows the same model.

    Args:
        model: query parameters that name the model, as ``layout.PageState`` has them.
        page: target of the link.
        fresh: whether to open the page's default view instead of the last one.
        label: text of the link; the page's title where it is None.
    """
    address = {} if fresh else session.ADDRESSES.get().get(page.file, {})
    st.page_link(page.file, label=label or page.title, icon=page.icon, query_params={**address, **model})
