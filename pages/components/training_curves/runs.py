"""The trainings that can be laid beside the shown model's, and the visitor's choice among them."""

from __future__ import annotations

import streamlit as st

from core.bundle.history import Run
from core.bundle.manifest import HISTORY
from core.paper import statements
from core.serving import catalog as offers
from core.serving.open_models import ModelUnavailable
from pages.components.shared import open_models
from pages.components.shared.text import escape_markdown

TABLE_3 = "Table 3 of the paper"


def of(model: open_models.Model) -> Run:
    """Return the training of a model.

    Raises:
        BundleError: its history cannot be read.
    """
    return Run(model.label, open_models.table(model, HISTORY), model.bundle.manifest.best_epoch)


def compared(shown: open_models.Model, offered: dict[str, str]) -> list[Run]:
    """Draw the choice of other runs and return the chosen ones; say why where one cannot be had.

    Args:
        shown: the model whose page it is.
        offered: label → name, as the picker has them; the embedded models are offered in any case.
    """
    embedded = offers.embedded()
    names = {**embedded, **offered}
    names.pop(shown.label, None)
    twins = [label for label in names if label in embedded and _are_twins(shown, label, embedded[label])]
    chosen = st.pills(
        "Compare with",
        [*names, TABLE_3],
        selection_mode="multi",
        default=twins,
        key="runs",
        bind="query-params",
        help="Other models of the picker, those that come with the program, and what the paper prints.",
    )
    runs = []
    for label in chosen:
        if label == TABLE_3:
            runs.append(Run(TABLE_3, statements.history(), statements.BEST_EPOCH))
            continue
        found = open_models.open_model(label, names[label])
        if isinstance(found, ModelUnavailable):
            st.warning(
                f"{escape_markdown(label)} is left out: {escape_markdown(found.sentence)}",
                icon=":material/cloud_off:",
            )
        else:
            runs.append(of(found))
    return runs


def _are_twins(shown: open_models.Model, label: str, name: str) -> bool:
    """Tell whether an embedded model was trained on the images of another embedded one that is shown."""
    if shown.label not in offers.embedded():
        return False
    found = open_models.open_model(label, name)
    return isinstance(found, open_models.Model) and found.bundle.manifest.data == shown.bundle.manifest.data
