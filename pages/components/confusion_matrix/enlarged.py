"""One test image enlarged in a dialog, with its probabilities and saliency maps, and its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.evaluation.predictions import row_probabilities
from core.figures.probabilities import probability_bars
from core.figures.style import class_colours
from core.inference.overlay import tint
from pages.components.confusion_matrix.tested_images import find
from pages.components.shared import chart, image_cards
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import describe_peak, escape_markdown, format_probabilities, shorten
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from pages.components.shared.open_models import Model

# The address names an image by the first digits of its hash.
_DIGITS = 12


def draw(model: Model, table: pd.DataFrame) -> None:
    """Open the image that the address names, if the table of predictions has it."""
    rows = table[table["sha256"].str[:_DIGITS] == st.query_params.get(Key.ENLARGED, "")]
    if not rows.empty:
        true_class, predicted = rows.iloc[0][["true_class", "predicted_class"]]
        cell = table[(table["true_class"] == true_class) & (table["predicted_class"] == predicted)]
        title = f"{escape_markdown(true_class)} predicted as {escape_markdown(predicted)}"
        st.dialog(title, width="large", on_dismiss=_close)(_draw)(
            model, cell.sort_values("confidence", ascending=False)
        )


def open_image(sha256: str) -> None:
    """Name an image in the address."""
    st.query_params[Key.ENLARGED] = sha256[:_DIGITS]


def _close() -> None:
    st.query_params.pop(Key.ENLARGED, None)


def _draw(model: Model, cell: pd.DataFrame) -> None:
    hashes = list(cell["sha256"])
    number = _number(hashes)
    entry: dict[str, Any] = cell.iloc[number].to_dict()
    class_names, sha256 = model.bundle.manifest.class_names, hashes[number]
    probabilities = row_probabilities(entry, class_names)
    with show_user_errors():
        found = find(model, [sha256])
        found.compute([sha256])
    image, saliency = found.image(sha256), found.computed([sha256]).get(sha256)
    left, right = st.columns([55, 45], gap="medium")
    shown, over = "", ""
    with right:
        _neighbours(hashes, number)
        name = shorten(entry["file"])
        st.markdown(
            f"**{escape_markdown(name)}**",
            help=None if name == entry["file"] else escape_markdown(entry["file"]),
        )
        chart.draw(
            probability_bars(probabilities),
            key=Key.ENLARGED_CHART,
            alt=f"Probabilities: {format_probabilities(probabilities)}",
        )
        if saliency is not None:
            shown, opacity = _options(class_names, entry["predicted_class"], sha256)
            of_class = class_names.index(shown)
            _describe(saliency[of_class], shown)
            over = image_cards.as_url(tint(saliency, of_class, opacity=opacity / 100))
        elif image is not None:
            st.caption(
                "No saliency: this prediction is from the network of another fold, which the bundle lacks."
            )
    with left:
        if image is None:
            st.info("Neither the bundle nor the data folder has this image.", icon=":material/hide_image:")
            return
        card = Card(
            sha256,
            image_cards.as_url(image),
            f"{entry['file']} as the network saw it"
            + (f", with the saliency map of {shown}" if over else ""),
            label=f"Predicted class: {entry['predicted_class']}",
            colour=class_colours(class_names)[entry["predicted_class"]],
            note=f"True class: {entry['true_class']}",
            over=over,
        )
        image_cards.gallery(
            [card], key=Key.ENLARGED_IMAGE, label="Image", columns=1, neighbours=hashes, on_turn=open_image
        )


def _neighbours(hashes: list[str], number: int) -> None:
    # The last one is followed by the first: a button that is disabled under the focus takes it away.
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, key, by in (
            ("Previous", ":material/chevron_left:", "b", -1),
            ("Next", ":material/chevron_right:", "n", 1),
        ):
            st.button(
                label,
                icon=icon,
                shortcut=key,
                on_click=_step,
                args=(hashes, by),
                disabled=len(hashes) == 1,
            )
        st.caption(f"{number + 1} of {len(hashes)}", width="content")


def _step(hashes: list[str], by: int) -> None:
    """Open a neighbour of the image that is open now: a key may be pressed before the page has followed."""
    open_image(hashes[(_number(hashes) + by) % len(hashes)])


def _number(hashes: list[str]) -> int:
    return [one[:_DIGITS] for one in hashes].index(st.query_params[Key.ENLARGED])


def _options(class_names: tuple[str, ...], predicted: str, sha256: str) -> tuple[str, int]:
    shown = st.segmented_control(
        "Saliency of",
        class_names,
        default=predicted,
        required=True,
        format_func=escape_markdown,
        key=numbered(Key.ENLARGED_CLASS, sha256),
    )
    return shown, st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key=Key.ENLARGED_OPACITY)


def _describe(of_class: NDArray[np.float32], shown: str) -> None:
    rows, columns = of_class.shape
    st.caption(f"The last feature map has {rows} × {columns} cells. {describe_peak(of_class, shown)}")
