"""The radiologists as a baseline, where the test images have BI-RADS categories from 1 to 5."""

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

_DIAMONDS = "Diamonds in the ROC plot: lesions of this BI-RADS category and above count as positive."
_FILLED = "The filled one is that from category 4 on, where a biopsy is advised."
_SAME_IMAGES = (
    "Thin line: the model on the images that have a category from 1 to 5; 0 (incomplete) and 6 (malignancy "
    "proven by biopsy before) are no assessments."
)


@st.cache_data(max_entries=16, show_spinner="Comparing with the radiologists …", hash_funcs=BY_KEY)
def compare(model: Model, *, out_of_fold: bool) -> Radiologists | None:
    """Return what radiologists and model reach on the same images; None where too few have a category."""
    return evaluate.compare_radiologists(model.bundle, OUT_OF_FOLD if out_of_fold else TEST_SET)


def curve(found: Radiologists, shown: Predictions, positive_index: int) -> pd.DataFrame | None:
    """Return the model's ROC curve on the images with a category from 1 to 5; None where all have one."""
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
    chart = [_DIAMONDS]
    if found.biopsy is not None:
        chart.append(_FILLED)
    if not _read_all(found, shown):
        chart.append(_SAME_IMAGES)
    st.markdown(escape_markdown(areas), help=f"{' '.join(chart)}\n\n{escape_markdown(' '.join(rest))}")


def _read_all(found: Radiologists, shown: Predictions) -> bool:
    return found.images == len(shown.table)
