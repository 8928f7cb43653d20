"""The images of a cell of the confusion matrix as cards, with their table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from core.errors import UserError
from core.evaluation.predictions import probability_columns, row_probabilities
from pages.components.confusion_matrix import enlarged
from pages.components.confusion_matrix.tested_images import ImageSource, find
from pages.components.shared import data_folder, data_table, open_models, session
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown, format_probabilities
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    import pandas as pd

PER_PAGE: Final = 12


def draw(model: open_models.Model, entries: pd.DataFrame, predicted: str, *, saliency: bool) -> None:
    """Draw the images of a cell, the most probable first, and their table.

    Args:
        model: the model that predicted.
        entries: predictions, one row or more, with ``predicted_class`` and ``confidence``, sorted.
        predicted: the predicted class of all of them.
        saliency: draw the saliency of that class.
    """
    class_names = model.bundle.manifest.class_names
    with show_user_errors():
        found = find(model, entries["sha256"])
    visible = entries[[found.has(sha256) for sha256 in entries["sha256"]]]
    if len(visible) < len(entries):
        _missing(found, len(entries) - len(visible), len(entries))
    if not visible.empty:
        pages, number = -(-len(visible) // PER_PAGE), 1
        if pages > 1:
            number = st.pagination(pages, key=Key.CELL_PAGE, bind="query-params")
        with show_user_errors():
            _cards(
                found, visible.iloc[(number - 1) * PER_PAGE : number * PER_PAGE], predicted, saliency=saliency
            )
    with st.expander("These images as a table", icon=":material/table:", expanded=visible.empty):
        columns = probability_columns(class_names)
        data_table.draw(
            entries[["file", "true_class", "predicted_class", *columns]],
            column_config={
                "true_class": "true class",
                "predicted_class": "predicted class",
                **{
                    column: st.column_config.NumberColumn(class_name, format="%.3f")
                    for column, class_name in zip(columns, class_names, strict=True)
                },
            },
            alt=f"{len(entries)} images predicted as {predicted}, the most probable first",
        )


def _missing(found: ImageSource, missing: int, all_of_them: int) -> None:
    if data_folder.setting() is None:
        name = escape_markdown(found.model.bundle.manifest.data.name)
        where = f"To see them, get the data ({name}) and set DATA_DIR to its folder."
    else:
        where = f"They are not in the data folder either. {escape_markdown(found.problem)}".strip()
    which = "This image" if all_of_them == 1 else f"{missing} of these {all_of_them} images"
    st.info(
        f"{which} cannot be shown: the bundle was published without test images. {where}",
        icon=":material/hide_image:",
    )


def _cards(found: ImageSource, rows: pd.DataFrame, predicted: str, *, saliency: bool) -> None:
    class_names = found.model.bundle.manifest.class_names
    if saliency:
        try:
            open_models.classifier(found.model)
        except UserError as error:
            st.warning(
                f"{escape_markdown(str(error))} Saliency is not available.", icon=":material/visibility_off:"
            )
            saliency = False
    with st.grid("auto", min_column_width=150):
        for index, entry in zip(rows.index, rows.to_dict("records"), strict=True):
            with st.container():
                file, sha256 = entry["file"], entry["sha256"]
                png = found.png(sha256, predicted if saliency else None)
                if png is None:
                    st.caption(f"{escape_markdown(file)} in the data folder has changed or is gone.")
                    continue
                st.image(
                    png,
                    width="stretch",
                    output_format="PNG",  # as it is: to make a JPEG of it would take time and detail
                    alt=f"Image {file}, true class {entry['true_class']}, predicted as {predicted}",
                )
                st.button(
                    escape_markdown(file.rsplit("/", 1)[-1]),
                    key=session.numbered(Key.ENLARGE, index),
                    type="tertiary",
                    icon=":material/open_in_full:",
                    help="Enlarge",
                    on_click=enlarged.open_image,
                    args=(sha256,),
                )
                st.caption(escape_markdown(format_probabilities(row_probabilities(entry, class_names))))
