"""Step 4: how much each leak adds, measured on BUSI under the three protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.data.provenance import PROTOCOLS
from core.evaluation.protocol_comparison import KIND_NAMES
from core.paper.measured import IMAGE_SIZES
from pages.components.shared import chart, layout, measured, navigation
from pages.components.shared.keys import Key, numbered
from pages.components.shared.measured import METRICS
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.evaluation.protocol_comparison import ProtocolComparison
    from core.evaluation.repeated_splits import RepeatedMetric

_HEIGHT = 255
_LEAKS = {
    ("naive", "clean"): ("Near-duplicates", "naive minus clean"),
    ("paper", "naive"): ("Masks, the paper’s split", "paper minus naive"),
    ("paper", "clean"): ("Both together", "paper minus clean"),
}


@st.fragment
def draw() -> None:
    """Draw the choice of image size and metric, the charts, and what each leak adds."""
    navigation.remember(navigation.DATA_AUDIT)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        with (
            layout.controls(),
            st.container(horizontal=True, vertical_alignment="bottom", width="content"),
        ):
            size = st.segmented_control(
                "Image size",
                IMAGE_SIZES,
                default=IMAGE_SIZES[0],
                required=True,
                key=Key.IMAGE_SIZE,
                bind="query-params",
                format_func=lambda pixels: f"{pixels} × {pixels} pixels",
            )
            metric = st.selectbox(
                "Metric",
                list(METRICS),
                key=Key.METRIC,
                bind="query-params",
                format_func=METRICS.__getitem__,
                width=240,
            )
        more = st.container(horizontal=True, width="content")
    with st.grid(2, min_column_width=400, gap="large"):
        left, right = st.container(), st.container()
    with left:
        found = measured.protocols(size, metric, height=_HEIGHT)
    if found is None:
        return
    with right:
        _kinds(found, size)
        st.caption("Accuracy by kind of file in the test set of the protocol paper, masks among them.")
    _added(found, metric)
    with more:
        _more(found)


def _added(found: ProtocolComparison, metric: str) -> None:
    """Draw how many points each leak adds to a metric."""
    with st.grid(3, min_column_width=200):
        for pair in found.differences:
            gap = pair.metrics.get(metric)
            if gap is not None:
                name, difference = _LEAKS[pair.minuend, pair.subtrahend]
                st.metric(
                    f"{name}: points of {METRICS[metric]}",
                    f"{100 * gap.mean:+.1f}",
                    delta=f"{100 * gap.low:+.1f} to {100 * gap.high:+.1f}",
                    delta_color="off",
                    delta_arrow="off",
                    delta_description="not distinguishable from zero" if gap.low <= 0 <= gap.high else "",
                    help=f"{difference.capitalize()}, with the 95 % confidence interval.",
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
            labels[name] = f"{lines} ({result.files:.0f} files)"
    chart.draw(
        measured.forest_chart(
            tuple((labels[name], estimate) for name, estimate in rows.items()), "accuracy", height=_HEIGHT
        ),
        key=numbered(Key.KIND_CHART, image_size),
        alt="Accuracy on each kind of test file under the paper protocol, with 95 % confidence intervals: "
        + measured.describe(rows),
    )


def _more(found: ProtocolComparison) -> None:
    """Draw the results in sentences and as a table, and how they were measured, behind a button each."""
    with st.popover("In words", icon=":material/notes:"):
        st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in found.sentences))
    with st.popover("Table", icon=":material/table:"):
        st.table(_table(found), alt="Metrics under the three protocols, with 95 % confidence intervals")
    with st.popover("Method", icon=":material/info:"):
        st.markdown(
            f"Means of {found.repeats} splits by each protocol on {escape_markdown(found.data.name)}, "
            f"{found.images} images and {found.masks} masks; {escape_markdown(found.mode)} of Xception, "
            "pretrained on ImageNet alone. The confidence intervals are corrected for the overlap of the "
            "splits (Nadeau and Bengio 2003). The protocols also differ in their files, so leakage does "
            "not explain the whole difference. Commands and raw numbers: docs/RESULTS.md."
        )


def _table(found: ProtocolComparison) -> pd.DataFrame:
    """Return all metrics under the three protocols, as text."""
    return pd.DataFrame(
        {
            name: {
                title: measured.format_estimate(estimate)
                for metric, title in METRICS.items()
                if (estimate := found.protocols[name].metrics.get(metric)) is not None
            }
            for name in PROTOCOLS
        }
    ).rename_axis("metric")
