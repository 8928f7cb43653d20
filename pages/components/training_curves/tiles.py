"""The four numbers of an epoch, each in a tile of the same height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.bundle.epoch_facts import describe, describe_kept, epoch_facts

if TYPE_CHECKING:
    from core.bundle.history import Run
    from pages.components.shared.open_models import Model

_HEIGHT = 128  # pixels


def draw(model: Model, run: Run, epoch: int) -> None:
    """Draw best epoch, gap, validation loss and learning rate, and below the epoch in words."""
    with st.grid(4, min_column_width=150):
        for fact in epoch_facts(run, epoch):
            st.metric(
                fact.name,
                fact.value,
                fact.note,
                delta_color="off",
                delta_arrow="off",
                help=fact.explanation,
                border=True,
                height=_HEIGHT,
            )
    kept = describe_kept(run, model.bundle.manifest.recipe.keep, strong="**")
    st.caption(f"{describe(run, epoch)} {kept}")
