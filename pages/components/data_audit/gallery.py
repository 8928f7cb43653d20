"""What a set of images holds: counts, groups of near-duplicates with their images, files with problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.data import audit
from pages.components.data_audit import collection as collections
from pages.components.shared import layout
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from pages.components.data_audit.collection import Collection

PER_PAGE = 4
SHOWN = 4
ALL, CONFLICTING = "all", "conflicting"


def counts(collection: Collection) -> None:
    """Show how many images, masks and copies each class has."""
    summary = collections.summary(collection)
    whole = summary.iloc[-1]
    groups = collections.groups(collection)
    st.markdown(
        f"**{whole['with near-duplicate']:,} of {whole['images']:,} images** "
        f"({whole['with near-duplicate'] / max(whole['images'], 1):.0%}) have a near-duplicate, in "
        f"{len(groups):,} groups. "
        f"**{whole['conflicting']:,} images** have a near-duplicate with another label: at least one of the "
        "labels is wrong, and nobody can tell which from the file."
    )
    st.table(
        summary,
        hide_index=True,
        alt="Images, masks, images with a near-duplicate and conflicting images by class",
    )


def problems(table: pd.DataFrame) -> None:
    """List the files of an audit that somebody has to look at."""
    found = table[audit.has_flag(table, *audit.PROBLEMS)]
    if found.empty:
        st.markdown("Every file can be read, and none is empty, blank or tiny.")
        return
    with st.expander(f"{len(found):,} files that somebody has to look at", icon=":material/report:"):
        st.dataframe(
            found[["file", "class", "flags"]], hide_index=True, alt="Files with problems, and what they are"
        )


@st.fragment
def gallery(collection: Collection) -> None:
    """Show the groups of near-duplicates with their images, page by page."""
    layout.remember(layout.DATA_AUDIT)
    groups = collections.groups(collection)
    chosen = st.segmented_control(
        "Groups",
        [ALL, CONFLICTING],
        default=ALL,
        required=True,
        key="groups",
        bind="query-params",
        format_func={ALL: "All", CONFLICTING: "Conflicting labels only"}.__getitem__,
    )
    shown = groups if chosen == ALL else groups[groups["conflicting"]]
    if shown.empty:
        st.markdown("There is no such group.")
        return
    pages = -(-len(shown) // PER_PAGE)
    page = st.pagination(pages, key="groups_page", bind="query-params") if pages > 1 else 1
    with st.grid(2, min_column_width=280):
        for row in shown.iloc[(page - 1) * PER_PAGE : page * PER_PAGE].to_dict("records"):
            with st.container(border=True, height="stretch"):
                _group(collection, row)


def _group(collection: Collection, row: dict[Hashable, Any]) -> None:
    files, classes = row["files"], row["classes"]
    notes = ["conflicting labels"] if row["conflicting"] else []
    notes += ["with exact copies"] if row["exact"] else []
    icon = ":material/warning: " if row["conflicting"] else ""
    st.markdown(f"{icon}**{len(files)} images**{': ' if notes else ''}{', '.join(notes)}")
    with st.grid(2, min_column_width=100):
        for file, label in list(zip(files, classes, strict=True))[:SHOWN]:
            with st.container():
                collections.show(
                    collection, file, alt=f"{file}, labelled {label}", words=f"**{escape_markdown(label)}**"
                )
    if len(files) > SHOWN:
        st.caption(f"and {len(files) - SHOWN} more: {escape_markdown(', '.join(files[SHOWN:]))}")
