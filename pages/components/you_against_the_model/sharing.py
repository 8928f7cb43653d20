"""What leaves the page: the link of a set, the link of a result, and its rows as CSV."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from core.bundle.limitations import NOT_A_DEVICE_IN_SHORT
from core.csv_table import to_csv
from core.evaluation import reader_study
from core.serving import result_link
from core.serving.result_link import RESULT
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from core.evaluation.reader_study import ReaderStudy
    from core.serving.result_link import Settings
    from pages.components.shared.open_models import Model
    from pages.components.you_against_the_model.shown_set import ShownSet

_CLASS = (
    "In a course, everybody opens the link of one set, and sends back the link of the result or its CSV "
    "file. The file of each person has a name of its own. In one spreadsheet, the columns `set` and `image` "
    "tell which rows are of the same image, and `result` tells who answered."
)


def of_set(model: Model, settings: Settings) -> None:
    """Draw the link of a set, behind a button.

    Args:
        model: the model that the page shows.
        settings: what the address asks for.
    """
    with st.popover("Share this set", icon=":material/share:"):
        st.markdown("Whoever opens this link gets the same images in the same order:")
        st.code(_address(model, settings), language=None, wrap_lines=True)
        st.caption(f"{_CLASS} Nothing is stored on the server.")


def of_result(model: Model, settings: Settings, study: ReaderStudy, shown: ShownSet, result: str) -> None:
    """Draw the link of a result, behind a button, and the download of its rows.

    Args:
        model: the model that the page shows.
        settings: what the address asks for.
        study: the result.
        shown: the set.
        result: the answers, as they stand in the address.
    """
    with st.popover("Link to this result", icon=":material/share:"):
        st.markdown("This link holds the answers, and shows this page to whoever opens it:")
        st.code(_address(model, settings, result), language=None, wrap_lines=True)
        st.caption(f"{_CLASS} Nothing is stored on the server. {NOT_A_DEVICE_IN_SHORT}")
    table = reader_study.table(study, shown.name, result)
    table.insert(0, "model", shown.source.model.label)
    table.insert(1, "seed", settings.seed)
    # The files of a class come to lie in one folder.
    name = f"you_against_the_model_{shown.name}_{blake2b(result.encode(), digest_size=4).hexdigest()}.csv"
    st.download_button(
        "CSV",
        to_csv(table),
        name,
        "text/csv",
        icon=":material/download:",
        help="One row for each image: model and seed of the set, the image's number, its true class, your "
        "answer, the model's prediction and probabilities, and your seconds.",
        on_click="ignore",
    )


def _address(model: Model, settings: Settings, result: str | None = None) -> str:
    parameters = {Key.MODEL.value: model.label, **result_link.write_settings(settings)}
    if result is not None:
        parameters[RESULT] = result
    return f"{st.context.url or ''}?{urlencode(parameters)}"
