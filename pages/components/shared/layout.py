"""The frame of every page: title, navigation, model picker, and what the shown model's numbers are worth.

A widget does not survive a page change, so the choice lives in the session (``choice``) and the picker is
made from it.
Each page's view lives in its address (``bind="query-params"``); the session remembers the last address of
each, and the links lead back to it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np
import streamlit as st
from PIL import Image

from core.bundle import card
from core.errors import UserError
from core.inference.work_queue import QueueFullError
from core.serving import event_log
from core.serving.open_models import ModelUnavailable
from pages.components.shared import model_choice, model_update
from pages.components.shared import open_models as opened
from pages.components.shared.text import escape_markdown, format_metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlit.delta_generator import DeltaGenerator


class Page(NamedTuple):
    """A page of the app: its file, its title, its icon, and what it is for."""

    file: str
    title: str
    icon: str
    purpose: str


HOME = Page("streamlit_app.py", "Home", ":material/home:", "What this is, and what it is not")
CLASSIFY = Page(
    "pages/classify.py",
    "Classify",
    ":material/image_search:",
    "Upload images, see the model's probabilities and which parts of an image moved them",
)
AUGMENTATION = Page(
    "pages/augmentation.py",
    "Augmentation",
    ":material/tune:",
    "See what random changes training makes to an image, the paper's and your own",
)
TRAINING_CURVES = Page(
    "pages/training_curves.py",
    "Training curves",
    ":material/show_chart:",
    "Follow loss and accuracy from epoch to epoch, with the paper's own beside them",
)
CONFUSION_MATRIX = Page(
    "pages/confusion_matrix.py",
    "Confusion matrix",
    ":material/grid_on:",
    "See which classes the model mistakes for which, and look at the very images",
)
DATA_AUDIT = Page(
    "pages/data_audit.py",
    "Data audit",
    ":material/fact_check:",
    "Learn how a paper gets 90 % from leaking data, and how to spot it elsewhere",
)
PAGES = (HOME, CLASSIFY, AUGMENTATION, TRAINING_CURVES, CONFUSION_MATRIX, DATA_AUDIT)

_PICKER = "model picker"


class PageState(NamedTuple):
    """What ``start`` has drawn.

    Attributes:
        offered: label → name of the models in the picker.
        label: of the one that is shown; None where there is none.
        address: what an address says of it.
        place: where it will be named.
    """

    offered: dict[str, str]
    label: str | None
    address: dict[str, str]
    place: DeltaGenerator


def begin(page: Page, title: str | None = None) -> PageState:
    """Draw everything that needs no model: the first call of every page."""
    event_log.to_stderr()
    st.set_page_config(page_title=f"{page.title} · Breast ultrasound", page_icon=_icon(), layout="wide")
    offered = opened.offered()
    label = model_choice.current(offered)
    address = model_choice.address(offered, label)
    remember(page)
    with st.sidebar:
        for other in PAGES:
            link(address, other)
        if label is not None:
            st.session_state[_PICKER] = label
            st.selectbox(
                "Model",
                list(offered),
                key=_PICKER,
                on_change=_pick,
                help="Every page shows this one model. One that you choose stays.",
            )
            model_update.draw(offered[label])
    # Written even where it is there already, it would undo what a widget wrote into the URL meanwhile.
    if st.query_params.get("model") != address.get("model"):
        st.query_params.pop("model", None)
        st.query_params.update(address)
    st.title(title or page.title)
    with st.bottom:
        st.caption(card.NOT_A_DEVICE)
    return PageState(offered, label, address, st.container())


def remember(page: Page) -> None:
    """Keep the page's address for the links back to it; a fragment with bound widgets calls this as well."""
    address = {name: st.query_params.get_all(name) for name in st.query_params if name != "model"}
    st.session_state.setdefault("addresses", {})[page.file] = address


def model(frame: PageState, *, with_network: bool = False) -> opened.Model:
    """Open the chosen model and name it in the frame; the embedded one with a note where that fails.

    Args:
        frame: of ``start``.
        with_network: load the network too, so that one that cannot be loaded is noticed here.
    """
    with frame.place:
        found = _usable(frame, with_network=with_network)
        manifest = found.bundle.manifest
        given = f", split from {escape_markdown(manifest.given_split.file)}" if manifest.given_split else ""
        commit = f"commit {found.commit[:7]}" if found.commit else "local folder"
        st.caption(
            f":material/deployed_code: Model **{escape_markdown(found.label)}** · {commit}"
            f" · protocol {manifest.protocol}{given} · {manifest.metrics.images:,} test images"
            f" · macro F1 {format_metric(manifest.metrics.macro_f1)}"
        )
        if found.label == frame.label and (reason := model_choice.reason(frame.offered)):
            st.caption(f":material/swap_horiz: {escape_markdown(reason)}")
        if found.note:
            st.info(
                f"{escape_markdown(found.note)} You see the version that was fetched last.",
                icon=":material/cloud_off:",
            )
        if cautions := card.warnings(manifest):
            st.warning(" ".join(cautions), icon=":material/science:")
    return found


def link(model: dict[str, str], page: Page) -> None:
    """Draw a link to the view that was left on a page; in a new tab, or copied, it shows the same model.

    Args:
        model: what the address says of it, as ``Frame`` has it.
        page: where the link leads.
    """
    address = st.session_state.get("addresses", {}).get(page.file, {})
    st.page_link(page.file, label=page.title, icon=page.icon, query_params=address | model)


@contextmanager
def show_user_errors() -> Iterator[None]:
    """Show what a user can put right as a sentence and end the page there."""
    try:
        yield
    except QueueFullError as error:
        event_log.busy()
        _give_up(str(error))
    except UserError as error:
        _give_up(str(error))


@st.cache_resource
def _icon() -> Image.Image:
    """Draw the fan that an ultrasound probe sweeps; a named icon would be fetched from another server."""
    y, x = np.mgrid[:64, :64] - np.array([4, 32]).reshape(2, 1, 1)
    depth = np.hypot(x, y)
    fan = (np.abs(np.arctan2(x, y)) < 0.62) & (depth > 14) & (depth < 58)  # noqa: PLR2004
    rings = fan & (depth % 12 > 3)  # noqa: PLR2004
    return Image.fromarray(np.where(rings[..., np.newaxis], [11, 92, 173, 255], 0).astype(np.uint8))


def _pick() -> None:
    model_choice.own(st.session_state[_PICKER])


def _usable(frame: PageState, *, with_network: bool) -> opened.Model:
    if frame.label is None:
        _give_up("There is no model: models/ holds none. Set MODEL to a bundle's folder or to USER/REPO.")
    name = frame.offered[frame.label]
    found = _try(frame.label, name, with_network=with_network)
    if isinstance(found, opened.Model):
        if with_network or "served" not in st.session_state:
            st.session_state["served"] = frame.label
        return found
    spare = _spare(frame, with_network=with_network)
    if spare is None:
        _give_up(found.sentence)
    st.error(
        f"{escape_markdown(found.sentence)} In its place you see {escape_markdown(spare.label)}.",
        title=f"{escape_markdown(frame.label)} cannot be used",
        icon=":material/cloud_off:",
    )
    st.button("Try again", icon=":material/refresh:", on_click=opened.shelf().forget, args=(name,))
    return spare


def _spare(frame: PageState, *, with_network: bool) -> opened.Model | None:
    """Open the model that the visitor had before, or else an embedded one."""
    before = st.session_state.get("served")
    others = {label: name for label, name in frame.offered.items() if label == before}
    for label, name in (others | model_choice.stand_ins()).items():
        if name != frame.offered[str(frame.label)]:
            found = _try(label, name, with_network=with_network)
            if isinstance(found, opened.Model):
                return found
    return None


def _try(label: str, name: str, *, with_network: bool) -> opened.Model | ModelUnavailable:
    found = opened.open_model(label, name)
    if with_network and isinstance(found, opened.Model):
        try:
            opened.classifier(found)
        except UserError as error:
            return ModelUnavailable(str(error))
    return found


def _give_up(sentence: str) -> NoReturn:
    st.error(escape_markdown(sentence), icon=":material/error:")
    st.stop()
