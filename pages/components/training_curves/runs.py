"""The training of the shown model, and those that it is compared with."""

from __future__ import annotations

import streamlit as st

from core.bundle.folder import BundleError
from core.bundle.history import Run
from core.bundle.manifest import HISTORY
from core.paper import statements
from core.serving import catalog
from core.serving.open_models import ModelUnavailable
from pages.components.shared import open_models
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

TABLE_3 = "Table 3 of the paper"


def of(model: open_models.Model) -> Run:
    """Return the training of a model.

    Raises:
        BundleError: its history cannot be read.
    """
    return Run(model.label, open_models.table(model, HISTORY), model.bundle.manifest.best_epoch)


class Comparison:
    """The runs that the shown one is compared with, opened once each time that the page is drawn."""

    def __init__(self, shown: open_models.Model, offered: dict[str, str]) -> None:
        """Find what can be chosen.

        Args:
            shown: the shown model.
            offered: models of the picker, label → name; the embedded models are offered in any case.
        """
        embedded = catalog.embedded()
        self._names = {**embedded, **offered}
        self._names.pop(shown.label, None)
        self._same_data = [
            label
            for label in self._names
            if label in embedded and _has_same_data(shown, label, embedded[label])
        ]
        self._chosen: list[str] | None = None
        self._runs: list[Run] = []
        self._problems: list[str] = []

    def choose(self) -> list[str]:
        """Draw the choice and return the chosen labels."""
        return st.pills(
            "Compare with",
            [*self._names, TABLE_3],
            selection_mode="multi",
            default=self._same_data,
            format_func=escape_markdown,
            key=Key.RUNS,
            bind="query-params",
            help="Models of the picker, the embedded models, and the values printed in the paper.",
        )

    def open(self, chosen: list[str]) -> list[Run]:
        """Return the chosen runs that can be shown; ``warn`` tells of the others.

        Another choice than that which the page was drawn with draws the page anew.
        """
        if self._chosen is None:
            self._chosen = chosen
            for label in chosen:
                self._open(label)
        elif chosen != self._chosen:
            st.rerun()
        return self._runs

    def warn(self) -> None:
        """Warn of the chosen models that cannot be opened or have no readable history."""
        for problem in self._problems:
            st.warning(problem, icon=":material/cloud_off:")

    def _open(self, label: str) -> None:
        if label == TABLE_3:
            self._runs.append(Run(TABLE_3, statements.history(), statements.BEST_EPOCH))
            return
        found = open_models.open_model(label, self._names[label])
        try:
            if not isinstance(found, ModelUnavailable):
                self._runs.append(of(found))
                return
            problem = found.sentence
        except BundleError as error:
            problem = str(error)
        self._problems.append(f"{escape_markdown(label)} is not shown: {escape_markdown(problem)}")


def _has_same_data(shown: open_models.Model, label: str, name: str) -> bool:
    """Return whether both are embedded models trained on the same data."""
    if shown.label not in catalog.embedded():
        return False
    found = open_models.open_model(label, name)
    return isinstance(found, open_models.Model) and found.bundle.manifest.data == shown.bundle.manifest.data
