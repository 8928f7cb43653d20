"""The row that names the shown model, what it was trained on and how good it is, with its warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle import limitations
from core.serving import training_domain
from pages.components.shared import open_models
from pages.components.shared.text import escape_markdown, format_metric

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest
    from pages.components.shared.open_models import Model


def draw(model: Model) -> None:
    """Draw the row in a horizontal container."""
    manifest = model.bundle.manifest
    st.caption(
        f":material/deployed_code: Model **{escape_markdown(model.label)}** · "
        f"{escape_markdown(training_domain.describe(manifest.data))}"
        f"{limitations.describe_held_out(manifest, escape_markdown)} · macro F1 "
        f"{format_metric(open_models.metrics(model).macro_f1)}",
        width="content",
    )
    warnings = limitations.warnings(manifest, escape_markdown)
    if model.note:
        warnings.insert(0, f"{escape_markdown(model.note)} Using a cached version that may be out of date.")
    count = len(warnings)
    label = f"{count} warning{'s' if count > 1 else ''}" if warnings else "Details"
    icon = ":material/warning:" if warnings else ":material/info:"
    with st.popover(label, icon=icon, type="tertiary", width="content"):
        for warning in warnings:
            st.warning(warning, icon=":material/science:")
        st.caption(_details(model, manifest))


def _details(model: Model, manifest: Manifest) -> str:
    commit = f"commit {model.commit[:7]}" if model.commit else "local folder"
    return (
        f"Model **{escape_markdown(model.label)}** · {commit} · protocol {manifest.protocol}"
        f"{_given_split(manifest)} · {manifest.metrics.images:,} test images · 95 % confidence intervals in"
        " brackets"
    )


def _given_split(manifest: Manifest) -> str:
    """Return where the split comes from, as a part of the details; '' where it was drawn."""
    if manifest.given_split is None:
        return ""
    file = manifest.given_split.file
    return ", split of the data set" if file is None else f", split from {escape_markdown(file)}"
