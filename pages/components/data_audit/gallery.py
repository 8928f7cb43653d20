"""Counts of a data set, its groups of near-duplicates with their images, and its unusable files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.data import audit
from pages.components.data_audit import collection as collections
from pages.components.shared import data_table, navigation
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pages.components.data_audit.collection import Collection

PER_PAGE = 4
SHOWN = 4
ALL, CONFLICTING = "all", "conflicting"


def draw_counts(collection: Collection) -> None:
    """Draw how many images, masks and near-duplicates each class has."""
    summary = collections.summary(collection)
    whole = summary.iloc[-1]
    groups = collections.groups(collection)
    st.markdown(
        f"**{whole['with near-duplicate']:,} of {whole['images']:,} images** "
        f"({whole['with near-duplicate'] / max(whole['images'], 1):.0%}) have a near-duplicate; they form "
        f"{len(groups):,} groups. "
        f"**{whole['conflicting']:,} images** have a near-duplicate with another label"
        f"{': at least one of the labels is wrong' if whole['conflicting'] else ''}."
    )
    st.table(
        # Cells of st.table are Markdown.
        summary.assign(**{"class": summary["class"].map(escape_markdown)}).rename(
            columns={"with near-duplicate": "with a near-duplicate", "conflicting": "conflicting labels"}
        ),
        hide_index=True,
        alt="Images, masks, images with a near-duplicate and with conflicting labels, by class",
    )


def draw_problems(audited: audit.Audit) -> None:
    """Draw what an audit notes and warns of on the whole, and the files that need attention."""
    for warning in audited.warnings:
        st.warning(escape_markdown(warning), title="Implausible groups", icon=":material/group_work:")
    for note in audited.notes:
        st.caption(f":material/info: {escape_markdown(note)}")
    table = audited.table
    found = table[audit.has_flag(table, *audit.PROBLEMS)]
    if found.empty:
        st.markdown("All files can be read; none is empty, blank or tiny.")
        return
    with st.expander(f"{len(found):,} files need attention", icon=":material/report:"):
        shown = found[["file", "class", "flags", "reason"]]
        data_table.draw(shown, alt="Files with problems, which problems, and why")


@st.fragment
def draw(collection: Collection) -> None:
    """Draw the groups of near-duplicates with their images, page by page."""
    navigation.remember(navigation.DATA_AUDIT)
    groups = collections.groups(collection)
    chosen = st.segmented_control(
        "Groups",
        [ALL, CONFLICTING],
        default=ALL,
        required=True,
        key=Key.GROUPS,
        bind="query-params",
        format_func={ALL: "All", CONFLICTING: "Conflicting labels only"}.__getitem__,
    )
    shown = groups if chosen == ALL else groups[groups["conflicting"]]
    if shown.empty:
        st.markdown("No such group.")
        return
    pages = -(-len(shown) // PER_PAGE)
    page = st.pagination(pages, key=Key.GROUPS_PAGE, bind="query-params") if pages > 1 else 1
    with st.grid(2, min_column_width=280):
        for row in shown.iloc[(page - 1) * PER_PAGE : page * PER_PAGE].to_dict("records"):
            with st.container(border=True, height="stretch"):
                _group(collection, row)


def _group(collection: Collection, row: dict[Hashable, Any]) -> None:
    files, classes = row["files"], row["classes"]
    notes = ["conflicting labels"] if row["conflicting"] else []
    notes += ["with exact duplicates"] if row["exact"] else []
    icon = ":material/warning: " if row["conflicting"] else ""
    st.markdown(f"{icon}**{len(files)} images**{': ' if notes else ''}{', '.join(notes)}")
    with st.grid(2, min_column_width=100):
        for file, label in list(zip(files, classes, strict=True))[:SHOWN]:
            with st.container():
                collections.show(
                    collection, file, alt=f"{file}, labelled {label}", caption=f"**{escape_markdown(label)}**"
                )
    if len(files) > SHOWN:
        st.caption(f"and {len(files) - SHOWN} more: {escape_markdown(', '.join(files[SHOWN:]))}")
