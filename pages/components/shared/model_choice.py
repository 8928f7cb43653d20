"""The model that the pages show: the visitor's choice, or else one trained on images of the same kind.

A visitor chooses by picking a model or following a link that names one. The choice then stays, and pages warn
about images outside the model's training domain. Without a choice the selected image decides among the
embedded models: simulated images get one trained on simulated images, uploads one trained on real images.
Where ``MODEL`` is set, its first model is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle import limitations
from core.serving import catalog, routing
from core.serving.open_models import OpenModel
from pages.components.shared import images, open_models, session
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown, format_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.bundle.manifest import Manifest
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


class RoutingNote(NamedTuple):
    """Which model classifies which images, and warnings about the one for uploads, in Markdown."""

    line: str
    details: str | None


def choose_model(offered: Mapping[str, str]) -> str | None:
    """Return the label of the model that the pages show, or None without models."""
    chosen = session.CHOSEN_MODEL.get()
    suited = routing.choose_model(_routed(offered), simulated=_is_simulated())
    return catalog.choose(offered, chosen, suited)


def set_choice(label: str | None) -> None:
    """Store the visitor's choice of a model; None lets the image decide again."""
    session.CHOSEN_MODEL.set(label)


def address(offered: Mapping[str, str], label: str | None) -> dict[str, str]:
    """Return the query parameters that name the shown model.

    There are none where every visitor sees this model anyway: whoever follows a link that names a model has
    chosen it.
    """
    if label is None:
        return {}
    first = routing.choose_model(_routed(offered), simulated=True)
    return {} if label == first and not _has_choice(offered) else {Key.MODEL: label}


def choice_reason(offered: Mapping[str, str]) -> str | None:
    """Return why this model is used for the selected image; None where the image does not decide."""
    image = images.selected()
    if image is None or _has_choice(offered):
        return None
    return routing.choice_reason(_routed(offered), image.name, simulated=image.simulated)


def model_for_uploads(offered: Mapping[str, str]) -> str | None:
    """Return the label of the model that uploads get; None where the image does not decide."""
    return None if _has_choice(offered) else routing.choose_model(_routed(offered), simulated=False)


def routing_note(offered: Mapping[str, str]) -> RoutingNote | None:
    """Return which model classifies which images, with the metrics of the one for real images.

    None where the image does not decide.
    """
    label = model_for_uploads(offered)
    sentence = None if label is None else routing.routing_note(_routed(offered))
    if sentence is None or label is None:
        return None
    model = open_models.open_model(label, offered[label])
    if not isinstance(model, open_models.Model):
        return RoutingNote(escape_markdown(sentence), None)
    manifest = model.bundle.manifest
    worth = (
        f"On its {manifest.metrics.images:,} test images {label} has macro F1 "
        f"{format_metric(open_models.metrics(model).macro_f1)}."
    )
    warnings = " ".join(limitations.warnings(manifest))
    return RoutingNote(escape_markdown(f"{sentence} {worth}"), escape_markdown(warnings) or None)


def fallbacks() -> dict[str, str]:
    """Return the embedded models, as ``catalog.embedded``, first the one that suits the selected image."""
    embedded = catalog.embedded()
    first = routing.choose_model(_trained_on_simulated(embedded), simulated=_is_simulated())
    return {label: embedded[label] for label in sorted(embedded, key=lambda label: label != first)}


def domain_warning(model: Model, image: InputImage) -> None:
    """Warn where an image lies outside the model's training domain, and offer a model that suits it."""
    sentence = routing.domain_warning(model.bundle.manifest.data, simulated=image.simulated)
    if sentence is None:
        return
    st.warning(sentence, title="Outside the training domain", icon=":material/science:")
    offer_suited(image)


def offer_suited(image: InputImage) -> None:
    """Draw a button that leaves the choice to the image, where there is a model that suits it."""
    routed = _routed(open_models.offered())
    suited = routing.choose_model(routed, simulated=image.simulated)
    if suited is not None and routed[suited] == image.simulated:
        st.button(
            f"Use {escape_markdown(suited)}",
            icon=":material/swap_horiz:",
            on_click=set_choice,
            args=(None,),
            help="The selected image then decides which model is used, until you choose one.",
        )


def _has_choice(offered: Mapping[str, str]) -> bool:
    return session.CHOSEN_MODEL.get() in offered


def _is_simulated() -> bool:
    """Return whether the selected image is simulated; true without an image."""
    image = images.selected()
    return image is None or image.simulated


def _routed(offered: Mapping[str, str]) -> dict[str, bool]:
    """Return the models that an image may choose between: none where ``MODEL`` is set."""
    return _trained_on_simulated(offered) if open_models.is_embedded() else {}


def _trained_on_simulated(offered: Mapping[str, str]) -> dict[str, bool]:
    return {label: manifest.data.simulated for label, manifest in _manifests(offered).items()}


def _manifests(offered: Mapping[str, str]) -> dict[str, Manifest]:
    found = {label: open_models.model_cache().open(name) for label, name in offered.items()}
    return {label: one.bundle.manifest for label, one in found.items() if isinstance(one, OpenModel)}
