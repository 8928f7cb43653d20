"""The chosen model: its network, data, protocol and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import card, limitations, limits_elsewhere
from core.evaluation.results import METRIC_NAMES
from pages.components.shared import open_models
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.evaluation.results import Interval, Metrics
    from pages.components.shared.open_models import Model


def draw(model: Model) -> None:
    """Draw the section about the chosen model."""
    manifest = model.bundle.manifest
    size = manifest.recipe.preprocessing.image_size
    st.subheader(f"The chosen model: {escape_markdown(model.label)}", anchor="model")
    st.markdown(
        f"{escape_markdown(manifest.recipe.backbone)} at {size} × {size} pixels, trained on "
        f"{escape_markdown(manifest.data.name)}{limitations.describe_held_out(manifest, escape_markdown)}. "
        f"{limitations.describe_split(manifest, escape_markdown)} "
        f"Results on {manifest.metrics.images:,} test images, with 95 % confidence intervals:"
    )
    _metrics(open_models.metrics(model))
    st.markdown(" ".join(limits_elsewhere.describe(manifest, escape_markdown)))
    st.caption(card.source(manifest))


def _metrics(metrics: Metrics) -> None:
    shown = ("accuracy", "balanced_accuracy", "macro_f1", "auc")
    with st.grid(len(shown), min_column_width=150):
        for field in shown:
            metric: Interval | None = getattr(metrics, field)
            value, interval = (
                ("–", "does not apply")
                if metric is None
                else (f"{metric.value:.3f}", f"{metric.low:.3f} to {metric.high:.3f}")
            )
            with st.container(border=True):
                st.metric(METRIC_NAMES[field], value)
                st.caption(interval)
