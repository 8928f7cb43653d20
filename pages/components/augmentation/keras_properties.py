"""Properties of Keras's augmentation that are easily missed, shown on the image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.augmentation import difference
from core.augmentation.draw import Draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from pages.components.shared import image_cards
from pages.components.shared.image_cards import Card, as_url
from pages.components.shared.keys import Key, numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.components.augmentation.view import View

_PAPER = AUGMENTATIONS["paper"]


def draw(view: View, described: str) -> None:
    """Draw what Keras's shear, zoom, fill and shifts do to the image."""
    st.caption(described)
    _shear(view.original.image)
    _zoom(view.original.image)
    _fill(view)
    st.header("Keras swaps the two shifts")
    st.markdown(
        "In Keras 3 `width_shift_range` moves an image vertically and `height_shift_range` horizontally. "
        "This page and training here do the same."
    )


def _shear(fitted: NDArray[np.uint8]) -> None:
    side, degrees = fitted.shape[0], _PAPER.shear_range
    as_radians = math.degrees(degrees)
    edge = side / 2 * math.tan(math.radians(degrees))
    st.header("Shear 0.2 is 0.2 degrees")
    st.markdown(
        "Keras's generator reads `shear_range` in **degrees**: 0.2 moves the border of this image by at most "
        f"{edge:.2f} of a pixel, which is invisible. Read as radians, as in scikit-image, it would be "
        f"{as_radians:.1f} degrees; the switch below the shear slider shows that."
    )
    _gallery(
        "shear",
        [
            _compared(fitted, fitted, "No shear"),
            _compared(fitted, apply(fitted, Draw(shear=degrees)), "0.2 degrees: the paper's training"),
            _compared(
                fitted, apply(fitted, Draw(shear=as_radians)), f"{as_radians:.1f} degrees: 0.2 as radians"
            ),
        ],
    )


def _zoom(fitted: NDArray[np.uint8]) -> None:
    low, high = _PAPER.zoom_range
    ringed = difference.with_ring(fitted)
    st.header("Zoom changes the aspect ratio")
    st.markdown(
        "Each axis is zoomed by a factor of its own. With the paper's zoom of 0.2 a circle can become an "
        f"ellipse {high / low:.1f} times as long as wide, although the shape of a lesion (wider than tall, "
        "or taller than wide) is a diagnostic sign. The ring shows it."
    )
    _gallery(
        "zoom",
        [
            _card(apply(ringed, draw), caption)
            for caption, draw in (
                ("Unchanged", Draw()),
                (f"x {low:g}, y {low:g}: larger, still round", Draw(zx=low, zy=low)),
                (f"x {low:g}, y {high:g}: stretched horizontally", Draw(zx=low, zy=high)),
                (f"x {high:g}, y {low:g}: stretched vertically", Draw(zx=high, zy=low)),
            )
        ],
    )


def _fill(view: View) -> None:
    side = view.side
    turned = Draw(theta=_PAPER.rotation_range, zx=_PAPER.zoom_range[1], zy=_PAPER.zoom_range[1])
    filled = [float(difference.filled(version.draw, side, side).mean()) for version in view.drawn()]
    st.header("Filled borders are artefacts")
    st.markdown(
        "Pixels from outside the image repeat the nearest border pixel (`fill_mode='nearest'`): streaks that "
        f"no scanner makes. In the draws of this page they fill {np.mean(filled):.1%} of the image on "
        f"average, at most {max(filled):.1%}."
    )
    mask = difference.filled(turned, side, side)
    after = apply(view.original.image, turned)
    _gallery(
        "fill",
        [
            _card(view.original.image, "The image"),
            _card(after, f"Rotation {turned.theta:g} degrees, zoom {turned.zx:g}: the paper's maximum"),
            _card(difference.mark(after, mask), f"The same with filled pixels tinted: {mask.mean():.1%}"),
        ],
    )


def _gallery(name: str, cards: list[Card]) -> None:
    image_cards.gallery(
        cards,
        key=numbered(Key.KERAS_PROPERTY, name),
        label=f"What {name} does to the image",
        columns=len(cards),
        narrowest=150,
        details=True,
    )


def _compared(before: NDArray[np.uint8], after: NDArray[np.uint8], caption: str) -> Card:
    amount = difference.amount(before, after)
    changed = f"{amount.share:.0%} of the pixels changed, {amount.mean:.1f} grey levels on average"
    return _card(after, caption, f"{caption}. {changed}")


def _card(image: NDArray[np.uint8], alt: str, below: str | None = None) -> Card:
    return Card(alt, as_url(image), alt, detail=below or alt)
