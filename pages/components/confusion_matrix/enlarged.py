"""One test image enlarged in a dialog, with its probabilities and saliency maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.evaluation.predictions import row_probabilities
from core.figures.probabilities import probability_bars
from core.inference.overlay import overlay
from pages.components.confusion_matrix.tested_images import find
from pages.components.shared import chart, session
from pages.components.shared.session import Key
from pages.components.shared.text import describe_peak, escape_markdown, format_probabilities
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
        entry: dict[str, Any] = rows.iloc[0].to_dict()
        st.dialog(escape_markdown(entry["file"]), width="large", on_dismiss=_close)(_draw)(model, entry)


def open_image(sha256: str) -> None:
    """Name an image in the address."""
    st.query_params[Key.ENLARGED] = sha256[:_DIGITS]


def _close() -> None:
    st.query_params.pop(Key.ENLARGED, None)


def _draw(model: Model, entry: dict[str, Any]) -> None:
    class_names, sha256, file = model.bundle.manifest.class_names, entry["sha256"], entry["file"]
    probabilities = row_probabilities(entry, class_names)
    with show_user_errors():
        found = find(model, [sha256])
        image, saliency = found.image(sha256), found.saliency(sha256)
    left, right = st.columns(2, gap="large")
    with right:
        st.markdown(
            f"True class: **{escape_markdown(entry['true_class'])}**. Predicted class: "
            f"**{escape_markdown(entry['predicted_class'])}**."
        )
        chart.draw(
            probability_bars(probabilities),
            key=Key.ENLARGED_CHART,
            alt=f"Probabilities: {format_probabilities(probabilities)}",
        )
        st.caption(f"Calibrated probabilities: {escape_markdown(format_probabilities(probabilities))}.")
    if image is None:
        left.info("Neither the bundle nor the data folder has this image.", icon=":material/hide_image:")
    elif saliency is None:
        left.image(image, width="stretch", output_format="PNG", alt=f"{file} as the network saw it")
        right.markdown(
            "No saliency: this prediction is from the network of another fold, which is not in the bundle."
        )
    else:
        with right:
            shown, opacity = _options(class_names, entry["predicted_class"], sha256)
            of_class = saliency[class_names.index(shown)]
            _describe(of_class, shown)
        left.image(
            overlay(image, of_class, strongest=float(saliency.max()), opacity=opacity / 100),
            width="stretch",
            output_format="PNG",
            alt=f"{file} as the network saw it, with the saliency map of {shown}",
        )


def _options(class_names: tuple[str, ...], predicted: str, sha256: str) -> tuple[str, int]:
    shown = st.segmented_control(
        "Saliency of",
        class_names,
        default=predicted,
        required=True,
        format_func=escape_markdown,
        key=session.numbered(Key.ENLARGED_CLASS, sha256),
    )
    return shown, st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key=Key.ENLARGED_OPACITY)


def _describe(of_class: NDArray[np.float32], shown: str) -> None:
    rows, columns = of_class.shape
    st.caption(f"The last feature map has {rows} × {columns} cells. {describe_peak(of_class, shown)}")
