"""Step 6: the groups of near-duplicates of a data set with their images, its counts and unusable files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.data import audit
from core.data.duplicates.measured import describe
from pages.components.data_audit import collection as collections
from pages.components.data_audit import own_data
from pages.components.data_audit.collection import GROUPS_A_PAGE, IMAGES_A_GROUP
from pages.components.shared import data_table, image_cards, layout, navigation, session
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pages.components.data_audit.collection import Collection
    from pages.components.data_audit.own_data import OwnData

ALL, CONFLICTING = "all", "conflicting"
_LARGE = 640  # pixels


def draw() -> None:
    """Draw the groups of near-duplicates, and below them what there is to wait for."""
    own = own_data.find()
    if own is not None:
        _draw(own)
    own_data.wait(own)


@st.fragment
def _draw(own: OwnData) -> None:
    navigation.remember(navigation.DATA_AUDIT)
    collection = own.collection
    groups = collections.groups(collection)
    left, right = st.columns([2.2, 1], gap="medium")
    with right:
        with layout.controls():
            chosen = st.segmented_control(
                "Groups",
                [ALL, CONFLICTING],
                default=ALL,
                required=True,
                key=Key.GROUPS,
                bind="query-params",
                wrap=True,
                format_func={ALL: "All", CONFLICTING: "Conflicting labels only"}.__getitem__,
            )
            shown = groups if chosen == ALL else groups[groups["conflicting"]]
            pages = max(-(-len(shown) // GROUPS_A_PAGE), 1)
            page = (
                st.pagination(pages, key=Key.GROUPS_PAGE, bind="query-params", max_visible_pages=5)
                if pages > 1
                else 1
            )
        _counts(collection)
        _more(own)
    with left:
        if shown.empty:
            st.markdown("No such group.")
        with st.grid(2, min_column_width=280):
            for row in shown.iloc[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE].to_dict("records"):
                with st.container(border=True, height="stretch"):
                    _group(collection, row)
    _enlarged(collection)


def _counts(collection: Collection) -> None:
    """Draw how many images have a near-duplicate, and one with another label."""
    own_data.name(collection)
    whole, groups = collections.summary(collection).iloc[-1], collections.groups(collection)
    st.markdown(
        f"**{whole['with near-duplicate']:,} of {whole['images']:,} images** "
        f"({whole['with near-duplicate'] / max(whole['images'], 1):.0%}) have a near-duplicate; they form "
        f"{len(groups):,} groups."
    )
    st.markdown(
        f"**{whole['conflicting']:,} images** have a near-duplicate with another label"
        f"{': at least one of the labels is wrong' if whole['conflicting'] else ''}."
    )


def _more(own: OwnData) -> None:
    """Draw the counts by class, which changes hide a near-duplicate, and the unusable files."""
    with st.container(horizontal=True):
        with st.popover("By class", icon=":material/table:"):
            summary = collections.summary(own.collection)
            st.table(
                # Cells of st.table are Markdown.
                summary.assign(**{"class": summary["class"].map(escape_markdown)}).rename(
                    columns={
                        "with near-duplicate": "with a near-duplicate",
                        "conflicting": "conflicting labels",
                    }
                ),
                hide_index=True,
                alt="Images, masks, images with a near-duplicate and with conflicting labels, by class",
            )
        with st.popover("What counts", icon=":material/compare:"):
            st.markdown(describe())
    if own.audited is not None:
        _problems(own.audited.audit)


def _problems(audited: audit.Audit) -> None:
    """Draw what an audit notes and warns of on the whole, and the files that need attention."""
    for warning in audited.warnings:
        st.warning(escape_markdown(warning), title="Implausible groups", icon=":material/group_work:")
    table = audited.table
    found = table[audit.has_flag(table, *audit.PROBLEMS)]
    label = f"{len(found):,} files need attention" if len(found) else "All files are fine"
    icon = ":material/report:" if len(found) else ":material/check_circle:"
    with st.popover(label, icon=icon, width="stretch"):
        for note in audited.notes:
            st.caption(f":material/info: {escape_markdown(note)}")
        if found.empty:
            st.markdown("All files can be read; none is empty, blank or tiny.")
        else:
            shown = found[["file", "class", "flags", "reason"]]
            data_table.draw(shown, alt="Files with problems, which problems, and why")


def _group(collection: Collection, row: dict[Hashable, Any]) -> None:
    files, classes = row["files"], row["classes"]
    notes = ["conflicting labels"] if row["conflicting"] else []
    notes += ["with exact duplicates"] if row["exact"] else []
    icon = ":material/warning: " if row["conflicting"] else ""
    more = f"; {len(files) - IMAGES_A_GROUP} more in the large view" if len(files) > IMAGES_A_GROUP else ""
    st.markdown(f"{icon}**{len(files)} images**{': ' if notes else ''}{', '.join(notes)}{more}")
    image_cards.gallery(
        [
            collections.card(collection, file, label)
            for file, label in list(zip(files, classes, strict=True))[:IMAGES_A_GROUP]
        ],
        session.OPENED_FILE.set,
        key=numbered(Key.GROUP, row["group"]),
        label=f"Near-duplicates: {len(files)} images",
        columns=min(len(files), IMAGES_A_GROUP),
        narrowest=72,
    )


def _enlarged(collection: Collection) -> None:
    """Open the group of the file that was clicked, once."""
    opened = session.OPENED_FILE.get()
    if not opened:
        return
    session.OPENED_FILE.clear()
    for row in collections.groups(collection).to_dict("records"):
        if opened in row["files"]:
            _compare(collection, row)


@st.dialog("Compare", width="large")
def _compare(collection: Collection, row: dict[Hashable, Any]) -> None:
    files = list(zip(row["files"], row["classes"], strict=True))
    conflict = " The labels conflict: at least one is wrong." if row["conflicting"] else ""
    st.markdown(f"{len(files)} images that count as one in a clean split.{conflict}")
    image_cards.gallery(
        [collections.card(collection, file, label, side=_LARGE) for file, label in files],
        key=Key.ENLARGED_GROUP,
        label="Near-duplicates, enlarged",
        columns=2,
        narrowest=240,
    )
