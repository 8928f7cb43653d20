"""The images of a cell of the confusion matrix as cards, and one of them large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import UserError
from core.evaluation.predictions import probability_columns, row_probabilities
from core.figures.probabilities import probability_bars
from core.inference.overlay import overlay
from pages.components.confusion_matrix.images import ImageSource, find
from pages.components.shared import chart, data_folder, layout, open_models
from pages.components.shared.text import escape_markdown, in_words, strongest_in_words

if TYPE_CHECKING:
    import pandas as pd

# In the address: which image is open, by the first digits of its hash.
_LARGE, _DIGITS = "large", 12


def cell(
    model: open_models.Model, entries: pd.DataFrame, called: str, *, sheet: str, size: int, tint: bool
) -> None:
    """Draw the images of a cell, the surest first, and their table.

    Args:
        model: whose predictions these are.
        entries: predictions, one row or more, with ``predicted_class`` and ``confidence``, sorted.
        called: the predicted class of all of them.
        sheet: key of the widget that leafs through them.
        size: images shown at once.
        tint: draw the saliency of that class.
    """
    class_names = model.bundle.manifest.class_names
    with layout.show_user_errors():
        found = find(model, entries["sha256"])
    visible = entries[[found.has(sha256) for sha256 in entries["sha256"]]]
    if len(visible) < len(entries):
        _say_what_is_missing(found, len(entries) - len(visible), len(entries))
    if not visible.empty:
        sheets, number = -(-len(visible) // size), 1
        if sheets > 1:
            number = st.pagination(sheets, key=sheet, bind="query-params")
        with layout.show_user_errors():
            _cards(found, visible.iloc[(number - 1) * size : number * size], called, sheet=sheet, tint=tint)
    with st.expander("These images as a table", icon=":material/table:", expanded=visible.empty):
        columns = probability_columns(class_names)
        st.dataframe(
            entries[["file", "true_class", "predicted_class", *columns]],
            hide_index=True,
            column_config={
                column: st.column_config.NumberColumn(class_name, format="%.3f")
                for column, class_name in zip(columns, class_names, strict=True)
            },
            alt=f"{len(entries)} images called {called}, the surest first",
        )


def large(model: open_models.Model, table: pd.DataFrame) -> None:
    """Open the image that the address names, if the table of predictions has it."""
    rows = table[table["sha256"].str[:_DIGITS] == st.query_params.get(_LARGE, "")]
    if not rows.empty:
        entry: dict[str, Any] = rows.iloc[0].to_dict()
        st.dialog(escape_markdown(entry["file"]), width="large", on_dismiss=_close)(_large)(model, entry)


def _say_what_is_missing(found: ImageSource, missing: int, all_of_them: int) -> None:
    if data_folder.setting() is None:
        name = escape_markdown(found.model.bundle.manifest.data.name)
        where = f"get the data ({name}) and set DATA_DIR to its folder to see them."
    else:
        where = found.problem or "they are not in the data folder either."
    which = "This image" if all_of_them == 1 else f"{missing} of these {all_of_them} images"
    st.info(
        f"{which} cannot be shown. The bundle leaves test images out; {where} "
        "What the model said of them is in the table.",
        icon=":material/hide_image:",
    )


def _cards(found: ImageSource, rows: pd.DataFrame, called: str, *, sheet: str, tint: bool) -> None:
    class_names = found.model.bundle.manifest.class_names
    if tint:
        try:
            open_models.classifier(found.model)
        except UserError as error:
            st.warning(
                f"{escape_markdown(str(error))} There is no saliency.", icon=":material/visibility_off:"
            )
            tint = False
    with st.grid("auto", min_column_width=150):
        for index, entry in zip(rows.index, rows.to_dict("records"), strict=True):
            with st.container():
                file, sha256 = entry["file"], entry["sha256"]
                png = found.png(sha256, called if tint else None)
                if png is None:
                    st.caption(
                        f"{escape_markdown(file)} has changed or gone since the data folder was looked "
                        "through."
                    )
                    continue
                st.image(
                    png,
                    width="stretch",
                    output_format="PNG",  # as it is: to make a JPEG of it would take time and detail
                    alt=f"Image {file}, {entry['true_class']} called {called}",
                )
                st.button(
                    escape_markdown(file.rsplit("/", 1)[-1]),
                    key=f"enlarge {index} of {sheet}",  # two cells may be the same
                    type="tertiary",
                    icon=":material/open_in_full:",
                    help="See it large",
                    on_click=_open,
                    args=(sha256,),
                )
                st.caption(escape_markdown(in_words(row_probabilities(entry, class_names))))


def _open(sha256: str) -> None:
    st.query_params[_LARGE] = sha256[:_DIGITS]


def _close() -> None:
    st.query_params.pop(_LARGE, None)


def _large(model: open_models.Model, entry: dict[str, Any]) -> None:
    class_names, sha256 = model.bundle.manifest.class_names, entry["sha256"]
    answer = row_probabilities(entry, class_names)
    with layout.show_user_errors():
        found = find(model, [sha256])
        image, saliency = found.image(sha256), found.saliency(sha256)
    left, right = st.columns(2, gap="large")
    with right:
        st.markdown(
            f"True class **{escape_markdown(entry['true_class'])}**, called "
            f"**{escape_markdown(entry['predicted_class'])}**."
        )
        chart.draw(
            probability_bars(answer),
            key="probabilities of the large image",
            alt=f"Probabilities: {in_words(answer)}",
        )
        st.caption(f"Probabilities, calibrated: {escape_markdown(in_words(answer))}.")
    if image is None:
        left.info("Neither the bundle nor the data folder has this image.", icon=":material/hide_image:")
        return
    if saliency is None:
        left.image(image, width="stretch", output_format="PNG", alt=f"{entry['file']} as the network saw it")
        right.markdown("The network of another fold said this. The bundle does not hold it: no saliency.")
        return
    with right:
        shown = st.segmented_control(
            "Saliency of",
            class_names,
            default=entry["predicted_class"],
            required=True,
            format_func=escape_markdown,
            key=f"saliency of {sha256}",
        )
        opacity = st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key="opacity of the large image")
        of_class = saliency[class_names.index(shown)]
        rows, columns = of_class.shape
        st.caption(
            f"The last feature map has {rows} × {columns} cells, drawn as they are. "
            f"{strongest_in_words(of_class, shown)}"
        )
    left.image(
        overlay(image, of_class, strongest=float(saliency.max()), opacity=opacity / 100),
        width="stretch",
        output_format="PNG",
        alt=f"{entry['file']} as the network saw it, with the saliency of {shown}",
    )
