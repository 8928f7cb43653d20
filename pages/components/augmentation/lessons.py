"""Three things about the paper's augmentation that are seen sooner than believed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.augmentation import difference
from core.augmentation.draw import Draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from pages.components.augmentation.panels import show_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.components.augmentation.panels import Shown

_PAPER = AUGMENTATIONS["paper"]


def lessons(shown: Shown) -> None:
    """Show what Keras's shear, zoom and fill do to this very image."""
    _shear(shown.original.image)
    _zoom(shown.original.image)
    _fill(shown)
    st.header("Keras crosses the two shifts")
    st.markdown(
        "In Keras 3 `width_shift_range` moves an image up and down, and `height_shift_range` sideways. This "
        "page does the same, as training does. On square images nobody notices."
    )


def _shear(fitted: NDArray[np.uint8]) -> None:
    side, degrees = fitted.shape[0], _PAPER.shear_range
    st.header("Shear 0.2 is 0.2 degrees")
    thought = math.degrees(degrees)
    edge = side / 2 * math.tan(math.radians(degrees))
    st.markdown(
        "Keras's generator reads `shear_range` in **degrees**. The paper's 0.2 moves the border of this "
        f"image by at most {edge:.2f} of a pixel, which nobody can see. People take it for radians, in "
        f"which scikit-image measures shear; then it would be {thought:.1f} degrees. The switch below the "
        "shear slider shows that."
    )
    with st.grid(3, min_column_width=150):
        _example(fitted, fitted, "No shear")
        _example(fitted, apply(fitted, Draw(shear=degrees)), "0.2 degrees: what the paper trained with")
        _example(fitted, apply(fitted, Draw(shear=thought)), f"{thought:.1f} degrees: 0.2 taken for radians")


def _zoom(fitted: NDArray[np.uint8]) -> None:
    low, high = _PAPER.zoom_range
    ringed = difference.with_ring(fitted)
    st.header("Zoom squeezes")
    st.markdown(
        "The two axes are drawn **apart**. With the paper's zoom of 0.2 a circle can become an oval "
        f"{high / low:.1f} times as long as wide, and the shape of a lesion (wider than tall, or taller than "
        "wide) is one of the signs that radiologists go by. Watch the ring."
    )
    with st.grid(4, min_column_width=115):
        for words, draw in (
            ("Both axes as they are", Draw()),
            (f"x {low:g}, y {low:g}: larger, still round", Draw(zx=low, zy=low)),
            (f"x {low:g}, y {high:g}: stretched sideways", Draw(zx=low, zy=high)),
            (f"x {high:g}, y {low:g}: stretched upright", Draw(zx=high, zy=low)),
        ):
            with st.container():
                show_image(apply(ringed, draw), words)
                st.caption(words)


def _fill(shown: Shown) -> None:
    side = shown.side
    turned = Draw(theta=_PAPER.rotation_range, zx=_PAPER.zoom_range[1], zy=_PAPER.zoom_range[1])
    st.header("The border is smeared")
    invented = [float(difference.filled(draw, side, side).mean()) for draw, _ in shown.answered()]
    st.markdown(
        "What comes in from outside the image is made up: the nearest pixel of the border is repeated "
        "(`fill_mode='nearest'`), which draws streaks that no scanner makes. Under your ranges the draws of "
        f"this page are made up to {np.mean(invented):.1%} on average, at worst to {max(invented):.1%}."
    )
    made_up = difference.filled(turned, side, side)
    after = apply(shown.original.image, turned)
    with st.grid(3, min_column_width=150):
        for words, image in (
            ("The image", shown.original.image),
            (f"Turned by {turned.theta:g} degrees, zoom {turned.zx:g}: the paper's furthest", after),
            (f"The same, what is made up tinted: {made_up.mean():.1%}", difference.mark(after, made_up)),
        ):
            with st.container():
                show_image(image, words)
                st.caption(words)


def _example(before: NDArray[np.uint8], after: NDArray[np.uint8], words: str) -> None:
    with st.container():
        show_image(after, words)
        amount = difference.amount(before, after)
        st.caption(
            f"{words}. {amount.share:.0%} of the pixels changed, {amount.mean:.1f} grey levels on average"
        )
