"""The training of the shown model, and those that it is compared with."""

from __future__ import annotations

import streamlit as st

from core.bundle.history import Run
from core.bundle.manifest import HISTORY
from core.paper import statements
from core.serving import catalog
from core.serving.open_models import ModelUnavailable
from pages.components.shared import open_models
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown

TABLE_3 = "Table 3 of the paper"


def of(model: open_models.Model) -> Run:
    """Return the training of a model.

    Raises:
        BundleError: its history cannot be read.
    """
    return Run(model.label, open_models.table(model, HISTORY), model.bundle.manifest.best_epoch)


def compared(shown: open_models.Model, offered: dict[str, str]) -> list[Run]:
    """Draw the choice of other runs and return the chosen ones, with a warning where one cannot be opened.

    Args:
        shown: the shown model.
        offered: models of the picker, label → name; the embedded models are offered in any case.
    """
    embedded = catalog.embedded()
    names = {**embedded, **offered}
    names.pop(shown.label, None)
    same_data = [
        label for label in names if label in embedded and _has_same_data(shown, label, embedded[label])
    ]
    chosen = st.pills(
        "Compare with",
        [*names, TABLE_3],
        selection_mode="multi",
        default=same_data,
        format_func=escape_markdown,
        key=Key.RUNS,
        bind="query-params",
        help="Models of the picker, the embedded models, and the values printed in the paper.",
    )
    runs = []
    for label in chosen:
        if label == TABLE_3:
            runs.append(Run(TABLE_3, statements.history(), statements.BEST_EPOCH))
            continue
        found = open_models.open_model(label, names[label])
        if isinstance(found, ModelUnavailable):
            st.warning(
                f"{escape_markdown(label)} is not shown: {escape_markdown(found.sentence)}",
                icon=":material/cloud_off:",
            )
        else:
            runs.append(of(found))
    return runs


def _has_same_data(shown: open_models.Model, label: str, name: str) -> bool:
    """Return whether both are embedded models trained on the same data."""
    if shown.label not in catalog.embedded():
        return False
    found = open_models.open_model(label, name)
    return isinstance(found, open_models.Model) and found.bundle.manifest.data == shown.bundle.manifest.data
