"""The images of a cell of the confusion matrix: cards on pages of twelve, or their table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import streamlit as st

from core.errors import UserError
from core.evaluation.predictions import row_probabilities
from core.figures import captions
from core.figures.style import class_colours
from core.inference.overlay import tint
from pages.components.confusion_matrix import enlarged, tables
from pages.components.confusion_matrix.tested_images import ImageSource, find
from pages.components.shared import data_folder, image_cards, open_models
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown, format_probabilities
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.confusion_matrix.cell import Cell
    from pages.components.confusion_matrix.predictions import Decided
    from pages.components.shared.open_models import Model

PER_PAGE: Final = 12
_COLUMNS = 4
_NARROWEST = 84  # pixels
_TABLE_HEIGHT = 420  # pixels
_OPACITY = 0.6
_TINT_SIDE = 240  # pixels


class Shown(NamedTuple):
    """The images on the shown page of a cell.

    Attributes:
        found: where their pixels are.
        hashes: their SHA-256.
        note: place for a note below them.
    """

    found: ImageSource
    hashes: list[str]
    note: DeltaGenerator


def draw(
    model: Model, decided: Decided, chosen: Cell, entries: pd.DataFrame, header: DeltaGenerator
) -> Shown | None:
    """Draw a page of a cell's images with the saliency maps that were computed before, or their table.

    Args:
        model: the model that predicted.
        decided: all its predictions under the chosen rule.
        chosen: the cell.
        entries: rows of ``decided.table`` in the cell, the most probable first.
        header: row above the images, for the choice of a page.

    Returns:
        What is on the page; None where no saliency is shown.
    """
    with show_user_errors():
        found = find(model, entries["sha256"])
    visible = entries[[found.has(sha256) for sha256 in entries["sha256"]]]
    hidden = len(entries) - len(visible)
    nothing = visible.empty and not entries.empty
    with header:
        rows = [] if nothing else _page(visible)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
    ):
        _describe(model, decided, chosen, entries)
        saliency = not nothing and _choose_saliency()
    if hidden:
        _note_missing(found, hidden, len(entries))
    if nothing:
        tables.draw_images(model, entries, height=_TABLE_HEIGHT)
        return None
    hashes = [row["sha256"] for row in rows]
    maps = found.computed(hashes) if saliency else {}
    with show_user_errors():
        cards = [_card(found, row, maps.get(row["sha256"])) for row in rows]
    image_cards.gallery(
        cards,
        enlarged.open_image,
        key=Key.CELL_IMAGES,
        label="Images of the cell, the most probable first",
        columns=_COLUMNS,
        narrowest=_NARROWEST,
        places=PER_PAGE,
    )
    return Shown(found, hashes, st.empty()) if saliency else None


def explain(model: Model, shown: Shown | None) -> None:
    """Compute the saliency maps that are missing on the page, and draw the page again with them.

    The last call of the page: the network may have to be loaded first.
    """
    if shown is None or not shown.found.missing(shown.hashes):
        return
    try:
        open_models.classifier(model)
    except UserError as error:
        shown.note.caption(
            f":material/visibility_off: {escape_markdown(str(error))} Saliency is not available."
        )
        return
    with show_user_errors():
        shown.found.compute(shown.hashes)
    st.rerun()


def _describe(model: Model, decided: Decided, chosen: Cell, entries: pd.DataFrame) -> None:
    names = [escape_markdown(name) for name in model.bundle.manifest.class_names]
    counts, (row, column) = decided.counts, chosen
    st.markdown(
        f":small[{captions.cell(counts, row, column, names[row], strong='**')}]",
        width="content",
        help=None
        if entries.empty
        else captions.cell_explained(names[column], entries["confidence"].median()),
    )


def _choose_saliency() -> bool:
    return st.toggle(
        "Saliency",
        value=True,
        key=Key.SALIENCY,
        bind="query-params",
        help="Regions that raised the score of the predicted class.",
        width="content",
    )


def _page(visible: pd.DataFrame) -> list[dict[str, Any]]:
    """Draw the choice of a page and return its rows."""
    pages = max(-(-len(visible) // PER_PAGE), 1)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        which = st.container(width="content")
        number = st.pagination(pages, max_visible_pages=0, key=Key.CELL_PAGE, bind="query-params")
    first = (number - 1) * PER_PAGE
    rows = visible.iloc[first : first + PER_PAGE]
    which.caption(
        f"{first + 1}–{first + len(rows)} of {len(visible)}" if len(rows) else "none", width="content"
    )
    return rows.to_dict("records")


def _card(found: ImageSource, row: dict[str, Any], saliency: NDArray[np.float32] | None) -> Card:
    class_names = found.model.bundle.manifest.class_names
    predicted, image = row["predicted_class"], found.image(row["sha256"])
    if image is None:
        changed = f"{row['file']} in the data folder has changed or is gone."
        return Card(row["sha256"], image_cards.as_url(np.zeros((1, 1), np.uint8)), changed, detail=changed)
    over = ""
    if saliency is not None:
        of_class = class_names.index(predicted)
        over = image_cards.as_url(tint(saliency, of_class, opacity=_OPACITY, side=_TINT_SIDE))
    return Card(
        row["sha256"],
        image_cards.as_url(image),
        f"Image {row['file']}, true class {row['true_class']}, predicted as {predicted}",
        label=predicted,
        colour=class_colours(class_names)[predicted],
        note=f"{row['confidence']:.1%}",
        detail=f"{row['file'].rsplit('/', 1)[-1]}: "
        f"{format_probabilities(row_probabilities(row, class_names))}",
        over=over,
    )


def _note_missing(found: ImageSource, missing: int, all_of_them: int) -> None:
    if data_folder.setting() is None:
        name = escape_markdown(found.model.bundle.manifest.data.name)
        where = f"To see them, get the data ({name}) and set DATA_DIR to its folder."
    else:
        where = f"They are not in the data folder either. {escape_markdown(found.problem)}".strip()
    some = f"{missing} of these {all_of_them} images cannot be shown."
    none = "This image cannot" if all_of_them == 1 else f"None of these {all_of_them} images can"
    st.caption(
        f":material/hide_image: {f'{none} be shown.' if missing == all_of_them else some}",
        help=f"The bundle was published without test images. {where}",
    )
