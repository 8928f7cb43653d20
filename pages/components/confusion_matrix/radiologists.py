"""The radiologists as a baseline, where the test images have BI-RADS categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.data.provenance import BIRADS
from core.evaluation import radiologists
from core.evaluation.ranking import roc
from core.inference import evaluate
from pages.components.shared.open_models import BY_KEY
from pages.components.shared.text import escape_markdown, format_percent

if TYPE_CHECKING:
    import pandas as pd

    from core.evaluation.radiologists import Radiologists
    from pages.components.confusion_matrix.predictions import Predictions
    from pages.components.shared.open_models import Model

_DIAMONDS = (
    "Diamonds in the ROC plot: lesions of this BI-RADS category and above count as positive; the filled one "
    "is that of a biopsy."
)
_SAME_IMAGES = "Thin line: the model on the images that have a category."


@st.cache_data(max_entries=16, show_spinner="Comparing with the radiologists …", hash_funcs=BY_KEY)
def compare(model: Model, *, out_of_fold: bool) -> Radiologists | None:
    """Return what radiologists and model reach on the same images; None where too few have a category."""
    return evaluate.compare_radiologists(model.bundle, OUT_OF_FOLD if out_of_fold else TEST_SET)


def curve(found: Radiologists, shown: Predictions, positive_index: int) -> pd.DataFrame | None:
    """Return the model's ROC curve on the images with a category; None where all images have one."""
    if _read_all(found, shown):
        return None
    known = radiologists.has_category(list(shown.table[BIRADS]))
    return roc(shown.truth[known] == positive_index, shown.probabilities[known, positive_index])


def in_words(found: Radiologists) -> str:
    """Write the points of the chart for screen readers."""
    points = [
        f"from BI-RADS {point.category} on sensitivity {format_percent(point.sensitivity)}, "
        f"specificity {format_percent(point.specificity)}"
        for point in found.points
    ]
    return f"Radiologists: {'; '.join(points)}"


def draw(found: Radiologists, model: Model, shown: Predictions) -> None:
    """Write what radiologists and model reach, and behind a help what the comparison is not."""
    areas, *rest = radiologists.describe(found, model.bundle.manifest.data)
    chart = _DIAMONDS if _read_all(found, shown) else f"{_DIAMONDS} {_SAME_IMAGES}"
    st.markdown(escape_markdown(areas), help=f"{chart}\n\n{escape_markdown(' '.join(rest))}")


def _read_all(found: Radiologists, shown: Predictions) -> bool:
    return found.images == len(shown.table)
