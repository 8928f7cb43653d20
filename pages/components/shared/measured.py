"""Results on BUSI under the three protocols: charts with the same numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.protocol_comparison import KIND_NAMES, ProtocolComparison
from core.evaluation.repeated_splits import RepeatedMetric
from core.figures.forest import forest
from core.paper import measured, statements
from pages.components.shared import chart, navigation, session
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go

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


def protocols(image_size: int, metric: str = "accuracy") -> ProtocolComparison | None:
    """Draw a metric under the three protocols, beside the accuracy that the paper reports.

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
        _chart(
            tuple((_PROTOCOLS[name], estimate) for name, estimate in rows.items()), METRICS[metric], reported
        ),
        key=session.numbered(Key.PROTOCOL_CHART, image_size, metric),
        alt=f"On BUSI under three protocols, {METRICS[metric]} with 95 % confidence intervals: "
        + _describe(rows)
        + (f"; the paper reports {reported:.0%}" if reported else ""),
    )
    title = METRICS[metric]
    st.caption(
        f"{title[0].upper()}{title[1:]} on BUSI, a public set of breast ultrasound images: the same frozen "
        f"network and linear head, mean of {found.repeats} splits, 95 % confidence interval. BUSI publishes "
        "no patient ids, so these results may be too high.",
        help=_NO_PATIENT_IDS,
    )
    return found


@st.fragment
def explore() -> None:
    """Draw the choice of image size and metric, and the charts with their numbers."""
    navigation.remember(navigation.DATA_AUDIT)
    left, right = st.columns(2)
    with left:
        size = st.segmented_control(
            "Image size",
            measured.IMAGE_SIZES,
            default=measured.IMAGE_SIZES[0],
            required=True,
            key=Key.IMAGE_SIZE,
            bind="query-params",
            format_func=lambda pixels: f"{pixels} × {pixels} pixels",
        )
    with right:
        metric = st.selectbox(
            "Metric", list(METRICS), key=Key.METRIC, bind="query-params", format_func=METRICS.__getitem__
        )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Three protocols**: same network, same head, three ways to split")
        found = protocols(size, metric)
    if found is None:
        return
    with right:
        st.markdown("**The paper protocol’s test set**: accuracy by kind of file")
        _kinds(found, size)
    st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in found.sentences))
    with st.expander("All metrics as a table", icon=":material/table:"):
        st.table(_table(found), alt="Metrics under the three protocols, with 95 % confidence intervals")
    with st.expander("How this was measured", icon=":material/info:"):
        st.markdown(
            f"Means of {found.repeats} splits by each protocol on {escape_markdown(found.data.name)}, "
            f"{found.images} images and {found.masks} masks; {escape_markdown(found.mode)} of Xception, "
            "pretrained on ImageNet alone. The confidence intervals are corrected for the overlap of the "
            "splits (Nadeau and Bengio 2003). The protocols also differ in their files, so leakage does not "
            "explain the whole difference. Commands and raw numbers: docs/RESULTS.md."
        )


def _kinds(found: ProtocolComparison, image_size: int) -> None:
    """Draw the accuracy on each kind of file in the paper protocol's test set."""
    rows: dict[str, RepeatedMetric] = {}
    labels = {}
    for kind, name in KIND_NAMES.items():
        result = found.paper_test_set[kind]
        if (estimate := result.metrics.get("accuracy")) is not None:
            rows[name] = estimate
            # Long names take two lines.
            lines = name.replace(" of ", "<br>of ").replace(" a near", "<br>a near")
            labels[name] = f"{lines}<br>({result.files:.0f} files)"
    chart.draw(
        _chart(tuple((labels[name], estimate) for name, estimate in rows.items()), "accuracy", None),
        key=session.numbered(Key.KIND_CHART, image_size),
        alt="Accuracy on each kind of test file under the paper protocol, with 95 % confidence intervals: "
        + _describe(rows),
    )


def _table(found: ProtocolComparison) -> pd.DataFrame:
    """Return all metrics under the three protocols, as text."""
    return pd.DataFrame(
        {
            name: {
                title: _format(estimate)
                for metric, title in METRICS.items()
                if (estimate := found.protocols[name].metrics.get(metric)) is not None
            }
            for name in PROTOCOLS
        }
    ).rename_axis("metric")


# Plotly takes longer to build a chart than Streamlit to send it, and nobody changes it afterwards.
@st.cache_resource(
    max_entries=32, show_spinner=False, hash_funcs={RepeatedMetric: RepeatedMetric.model_dump_json}
)
def _chart(rows: tuple[tuple[str, RepeatedMetric], ...], title: str, reported: float | None) -> go.Figure:
    return forest(
        dict(rows), title, reported=reported, reported_by=f"the paper: {statements.TEST_ACCURACY:.0%}"
    )


def _format(estimate: RepeatedMetric) -> str:
    return f"{estimate.mean:.1%} ({estimate.low:.1%}–{estimate.high:.1%})"


def _describe(rows: Mapping[str, RepeatedMetric]) -> str:
    return "; ".join(f"{name} {_format(estimate)}" for name, estimate in rows.items())
