"""A version of the image as a card: its prediction below, its drawn numbers on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.figures.style import NEUTRAL, class_colours
from pages.components.shared.image_cards import Card, as_url
from pages.components.shared.text import describe_draw

if TYPE_CHECKING:
    from pages.components.augmentation.view import Version, View


def original(view: View) -> Card:
    """Return the card of the unchanged image, which is marked."""
    described = f"{view.image.name}, unchanged"
    return _card(view, view.original, described, label="Original", note="{} · original")._replace(
        mark=True, detail=f"{described}, {view.side} pixels square"
    )


def changed(view: View, version: Version, title: str, *, label: str, note: str = "{}") -> Card:
    """Return the card of a changed image.

    Args:
        view: the image under the chosen ranges.
        version: the changed image.
        title: what it is, for the numbers over it and for screen readers.
        label: line below the image where it has no prediction.
        note: line with the probability in the place of ``{}``.
    """
    described = f"{title}: {describe_draw(version.draw)}"
    return _card(view, version, described, label=label, note=note)._replace(detail=described)


def _card(view: View, version: Version, alt: str, *, label: str, note: str) -> Card:
    card = Card(alt, as_url(version.image), alt, label, NEUTRAL)
    if version.prediction is None:
        return card
    name = version.prediction.predicted_class
    return card._replace(
        alt=f"{alt}. Predicted: {name}",
        label=name,
        colour=class_colours(view.model.bundle.manifest.class_names)[name],
        note=note.format(f"{version.prediction.probabilities[name]:.0%}"),
    )
