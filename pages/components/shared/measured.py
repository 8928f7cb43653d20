"""What was measured on BUSI under the three protocols: charts with their numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.protocol_comparison import KIND_NAMES, KINDS, ProtocolComparison
from core.evaluation.repeated_splits import RepeatedMetric
from core.figures.forest import estimates
from core.paper import measured, statements
from pages.components.shared import chart, layout
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go

FIGURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "auc": "AUC, one versus rest",
    "sensitivity": "sensitivity for malignant",
}
WORDS = {
    "paper": "<b>paper</b><br>masks as images",
    "naive": "<b>naive</b><br>images, at random",
    "clean": "<b>clean</b><br>copies kept apart",
}
NO_PATIENT_IDS = (
    "BUSI publishes no patient ids: other images of one patient may stand on both sides of any split, so "
    "every one of these figures may still be too high."
)


@st.cache_data(show_spinner=False)
def comparison(image_size: int) -> ProtocolComparison:
    """Return what was measured; see ``core.paper.measured.read_comparison``."""
    return measured.read_comparison(image_size)


def protocols(image_size: int, figure: str = "accuracy") -> None:
    """Draw one figure under the three protocols, with the paper's own accuracy marked.

    Raises:
        UserError: the results are not there.
    """
    found = comparison(image_size)
    rows: dict[str, RepeatedMetric] = {
        name: estimate
        for name in PROTOCOLS
        if (estimate := found.protocols[name].metrics.get(figure)) is not None
    }
    reported = statements.TEST_ACCURACY if figure == "accuracy" else None
    chart.draw(
        _chart(tuple((WORDS[name], estimate) for name, estimate in rows.items()), FIGURES[figure], reported),
        key=f"protocols {image_size} {figure}",
        alt=f"On BUSI under three protocols, {FIGURES[figure]} with 95 % intervals: "
        + _in_words(rows)
        + (f"; the paper reports {reported:.0%}" if reported else ""),
    )


def test_part(image_size: int) -> None:
    """Draw how often each kind of file in the paper protocol's test set is called rightly.

    Raises:
        UserError: the results are not there.
    """
    found = comparison(image_size)
    rows, names = {}, {}
    for kind in KINDS:
        part = found.paper_test_set[kind]
        if (estimate := part.metrics.get("accuracy")) is not None:
            name = KIND_NAMES[kind]
            rows[name] = estimate
            names[name] = (
                f"{name.replace(' of ', '<br>of ').replace(' with', '<br>with')}<br>({part.files:.0f} files)"
            )
    chart.draw(
        _chart(tuple((names[name], estimate) for name, estimate in rows.items()), "called rightly", None),
        key=f"test set {image_size}",
        alt="Share called rightly of each kind of test file under the paper protocol, with 95 % intervals: "
        + _in_words(rows),
    )


def table(image_size: int) -> pd.DataFrame:
    """Return all figures under the three protocols as a table of words."""
    found = comparison(image_size)
    return pd.DataFrame(
        {
            name: {
                words: _words(estimate)
                for figure, words in FIGURES.items()
                if (estimate := found.protocols[name].metrics.get(figure)) is not None
            }
            for name in PROTOCOLS
        }
    ).rename_axis("figure")


# Plotly takes longer to build a chart than Streamlit to send it, and nobody changes it afterwards.
@st.cache_resource(
    max_entries=32, show_spinner=False, hash_funcs={RepeatedMetric: RepeatedMetric.model_dump_json}
)
def _chart(rows: tuple[tuple[str, RepeatedMetric], ...], title: str, reported: float | None) -> go.Figure:
    return estimates(
        dict(rows), title, reported=reported, reported_by=f"the paper: {statements.TEST_ACCURACY:.0%}"
    )


def _words(estimate: RepeatedMetric) -> str:
    return f"{estimate.mean:.1%} ({estimate.low:.1%}–{estimate.high:.1%})"


def _in_words(rows: Mapping[str, RepeatedMetric]) -> str:
    return "; ".join(f"{name} {_words(estimate)}" for name, estimate in rows.items())


@st.fragment
def explore() -> None:
    """Let the visitor choose image size and figure, and show both charts with their numbers."""
    layout.remember(layout.DATA_AUDIT)
    left, right = st.columns(2)
    with left:
        size = st.segmented_control(
            "Image size",
            measured.IMAGE_SIZES,
            default=measured.IMAGE_SIZES[0],
            required=True,
            key="pixels",
            bind="query-params",
            format_func=lambda pixels: f"{pixels} × {pixels} pixels",
        )
    with right:
        figure = st.selectbox(
            "Figure", list(FIGURES), key="figure", bind="query-params", format_func=FIGURES.__getitem__
        )
    try:
        found = comparison(size)
    except UserError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What each leak is worth.** The same network and head, three ways to split:")
        protocols(size, figure)
    with right:
        st.markdown(
            "**What the paper’s test set consists of.** How often each kind of file is called rightly:"
        )
        test_part(size)
    st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in found.sentences))
    st.markdown(NO_PATIENT_IDS)
    with st.expander("All figures as a table", icon=":material/table:"):
        st.table(table(size), alt="Figures under the three protocols, with 95 % intervals")
    st.caption(
        f"Means of {found.repeats} splits by each protocol on {escape_markdown(found.data.name)}, "
        f"{found.images} images and {found.masks} masks; {escape_markdown(found.mode)} of Xception, which "
        "never saw an ultrasound image. The intervals are corrected for the overlap of the splits (Nadeau "
        "and Bengio 2003). The protocols differ in their files too, so not every point is leak. Commands and "
        "raw numbers: docs/RESULTS.md."
    )
