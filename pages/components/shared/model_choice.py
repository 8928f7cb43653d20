"""Which model the pages show: the visitor's own choice, or else the one that knows images like his.

The choice is the visitor's own once he picked a model, or came by a link that names one; it then stays, and
the page says where it does not suit the image. Until then the embedded models take turns: phantoms, with
which every page begins, are answered by a model of phantoms, uploads by one of real images. A setting
``MODEL`` ends that: its first model is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import card
from core.serving import catalog, routing
from core.serving.open_models import OpenModel
from pages.components.shared import images
from pages.components.shared import open_models as opened
from pages.components.shared.text import escape_markdown, format_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.bundle.manifest import Manifest
    from pages.components.shared.images import InputImage
    from pages.components.shared.open_models import Model

_OWN = "model"  # in the address and in the session, where None lets the image decide


def current(offered: Mapping[str, str]) -> str | None:
    """Return the label of the model that the pages show, or None where none is on offer."""
    if _OWN not in st.session_state:
        st.session_state[_OWN] = st.query_params.get(_OWN)
    suited = routing.choose_model(_deciding(offered), simulated=_simulated())
    return catalog.choose(offered, st.session_state[_OWN], suited)


def own(label: str | None) -> None:
    """Take a model for the visitor's own choice, or with None let the image decide again."""
    st.session_state[_OWN] = label


def address(offered: Mapping[str, str], label: str | None) -> dict[str, str]:
    """Return what an address says of the shown model.

    Nothing where everybody would see the same model without it: whoever follows a link that names one has
    chosen it.
    """
    if label is None:
        return {}
    first = routing.choose_model(_deciding(offered), simulated=True)
    return {} if label == first and not _is_own(offered) else {_OWN: label}


def reason(offered: Mapping[str, str]) -> str | None:
    """Say why the image in hand brought its model; None where it did not."""
    image = images.in_hand()
    if image is None or _is_own(offered):
        return None
    return routing.choice_reason(_deciding(offered), image.name, simulated=image.simulated)


def turns(offered: Mapping[str, str]) -> str | None:
    """Say which model will answer which images, and what is known of that for real ones.

    Returns:
        Markdown; None where the image does not decide.
    """
    kinds = {} if _is_own(offered) else _deciding(offered)
    sentence = routing.routing_note(kinds)
    if sentence is None:
        return None
    label = str(routing.choose_model(kinds, simulated=False))
    manifest = _manifests(offered)[label]
    worth = (
        f"On its {manifest.metrics.images:,} test images {label} has macro F1 "
        f"{format_metric(manifest.metrics.macro_f1)}."
    )
    return escape_markdown(" ".join([sentence, worth, *card.warnings(manifest)]))


def stand_ins() -> dict[str, str]:
    """Return the embedded models, as ``catalog.embedded``, first the one that knows such images."""
    embedded = catalog.embedded()
    first = routing.choose_model(_kinds(embedded), simulated=_simulated())
    return {label: embedded[label] for label in sorted(embedded, key=lambda label: label != first)}


def warn(model: Model, image: InputImage) -> None:
    """Say that a model does not know such images, and offer the one that does, if there is one."""
    sentence = routing.domain_warning(model.bundle.manifest.data, simulated=image.simulated)
    if sentence is None:
        return
    st.warning(sentence, title="Not what the model knows", icon=":material/science:")
    kinds = _deciding(opened.offered())
    suited = routing.choose_model(kinds, simulated=image.simulated)
    if suited is not None and kinds[suited] == image.simulated:
        st.button(
            f"Ask {escape_markdown(suited)}",
            icon=":material/swap_horiz:",
            on_click=own,
            args=(None,),
            help="From then on the image decides which model is asked, until you choose one again.",
        )


def _is_own(offered: Mapping[str, str]) -> bool:
    return st.session_state.get(_OWN) in offered


def _simulated() -> bool:
    """Tell the kind of the image in hand; without one the pages show phantoms."""
    image = images.in_hand()
    return image is None or image.simulated


def _deciding(offered: Mapping[str, str]) -> dict[str, bool]:
    """Return the kinds of the models that an image may choose between: none where ``MODEL`` is set."""
    return _kinds(offered) if opened.is_embedded() else {}


def _kinds(offered: Mapping[str, str]) -> dict[str, bool]:
    """Tell of each embedded model that can be opened whether it was trained on simulated images."""
    return {label: manifest.data.simulated for label, manifest in _manifests(offered).items()}


def _manifests(offered: Mapping[str, str]) -> dict[str, Manifest]:
    found = {label: opened.shelf().open(name) for label, name in offered.items()}
    return {label: one.bundle.manifest for label, one in found.items() if isinstance(one, OpenModel)}
