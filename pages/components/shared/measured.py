"""Results on BUSI under the three protocols, as a chart with the same numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.repeated_splits import RepeatedMetric
from core.figures.forest import forest
from core.paper import measured, statements
from pages.components.shared import chart
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go

    from core.evaluation.protocol_comparison import ProtocolComparison

# Field of a result → its name, in the address too.
METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "auc": "AUC, one versus rest",
    "sensitivity": "sensitivity for malignant",
}
_PROTOCOLS = {
    "paper": "<b>paper</b><br>masks as images",
    "naive": "<b>naive</b><br>images, at random",
    "clean": "<b>clean</b><br>duplicates grouped",
}
_NO_PATIENT_IDS = "Images of one patient may be in both training and test set, whatever the protocol."


@st.cache_data(show_spinner=False)
def comparison(image_size: int) -> ProtocolComparison:
    """Return the results for an image size; see ``core.paper.measured.read_comparison``."""
    return measured.read_comparison(image_size)


def protocols(
    image_size: int, metric: str = "accuracy", *, height: int | None = None
) -> ProtocolComparison | None:
    """Draw a metric under the three protocols, beside the accuracy that the paper reports.

    Args:
        image_size: one of ``core.paper.measured.IMAGE_SIZES``.
        metric: one of ``METRICS``.
        height: height of the chart, pixels; None fits it to its rows.

    Returns:
        The results; None where they are missing, with a note on the page.
    """
    try:
        found = comparison(image_size)
    except UserError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
        return None
    rows: dict[str, RepeatedMetric] = {
        name: estimate
        for name in PROTOCOLS
        if (estimate := found.protocols[name].metrics.get(metric)) is not None
    }
    reported = statements.TEST_ACCURACY if metric == "accuracy" else None
    chart.draw(
        forest_chart(
            tuple((_PROTOCOLS[name], estimate) for name, estimate in rows.items()),
            METRICS[metric],
            reported,
            height,
        ),
        key=numbered(Key.PROTOCOL_CHART, image_size, metric),
        alt=f"On BUSI under three protocols, {METRICS[metric]} with 95 % confidence intervals: "
        + describe(rows)
        + (f"; the paper reports {reported:.0%}" if reported else ""),
    )
    title = METRICS[metric]
    st.caption(
        f"{title[0].upper()}{title[1:]} on BUSI, mean of {found.repeats} splits, 95 % confidence interval. "
        "BUSI publishes no patient ids, so these results may be too high.",
        help="BUSI is a public set of breast ultrasound images. All three have the same frozen network and "
        f"linear head. {_NO_PATIENT_IDS}",
    )
    return found


# Plotly takes longer to build a chart than Streamlit to send it, and nobody changes it afterwards.
@st.cache_resource(
    max_entries=32, show_spinner=False, hash_funcs={RepeatedMetric: RepeatedMetric.model_dump_json}
)
def forest_chart(
    rows: tuple[tuple[str, RepeatedMetric], ...],
    title: str,
    reported: float | None = None,
    height: int | None = None,
) -> go.Figure:
    """Draw estimates with their intervals, beside the accuracy that the paper reports; see ``forest``."""
    return forest(
        dict(rows),
        title,
        reported=reported,
        reported_by=f"the paper: {statements.TEST_ACCURACY:.0%}",
        height=height,
    )


def format_estimate(estimate: RepeatedMetric) -> str:
    """Write a share in percent, with its 95 % confidence interval."""
    return f"{estimate.mean:.1%} ({estimate.low:.1%}–{estimate.high:.1%})"


def describe(rows: Mapping[str, RepeatedMetric]) -> str:
    """Write the estimates of a chart for screen readers."""
    return "; ".join(f"{name} {format_estimate(estimate)}" for name, estimate in rows.items())
