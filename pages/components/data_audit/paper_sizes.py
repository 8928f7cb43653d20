"""Step 1: the numbers of images that fit reported accuracies (GRIM test)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.grim import denominators
from core.paper import grim, reconstruction
from pages.components.shared import chart, data_table, layout, navigation
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    import plotly.graph_objects as go

SMALLEST, LARGEST = 30, 3000
COLUMNS = {"validation": "val_accuracy", "training": "accuracy"}
_OTHER = "another"
_LABELS = {
    "validation": "Validation accuracy",
    "training": "Training accuracy",
    _OTHER: "Another paper",
}
_ROW_HEIGHT: Final = 24


@st.fragment
def draw() -> None:
    """Draw the numbers of images that fit the shares of the paper or of another one."""
    navigation.remember(navigation.DATA_AUDIT)
    left, right = st.columns([1.7, 1], gap="small")
    with right:
        with layout.controls():
            shares = _shares()
            most = st.slider(
                f"Try every n from {SMALLEST} to",
                300,
                LARGEST,
                LARGEST,
                10,
                key=Key.LARGEST_N,
                bind="query-params",
            )
            tried = st.number_input(
                "Look at one n",
                1,
                LARGEST,
                None,
                key=Key.TRIED_N,
                bind="query-params",
                placeholder="the smallest that fits all",
                help="The table has the fraction k/n that is nearest to each share.",
            )
        table = st.container()
    if not shares:
        return
    numbers = np.arange(SMALLEST, most + 1)
    found = numbers[grim.fitting(shares, numbers) == len(shares)]
    shown = tried or (int(found[0]) if found.size else None)
    with left:
        _result(shares, found, most, shown)
    if shown is not None:
        with table:
            _fractions(shares, shown)


def _shares() -> list[grim.Share]:
    """Draw the choice of shares; none where the visitor's cannot be read, which the page then says."""
    source = st.selectbox(
        "Shares to explain",
        list(_LABELS),
        key=Key.TABLE_3,
        bind="query-params",
        format_func=_LABELS.__getitem__,
        help="The accuracies of ten epochs in Table 3, or shares of the same images from another paper.",
    )
    if source != _OTHER:
        return reconstruction.table_3(COLUMNS[source])
    text = st.text_area(
        "Shares of the same images, from one table",
        "0.9363 0.8854 0.9108",
        key=Key.SHARES,
        max_chars=2000,
        height=68,
        persist_state="session",
        help="As 0.8975 or 89.75 %. Write all digits that the paper gives, with zeros at the end.",
    )
    try:
        return grim.read_shares(text or "")
    except UserError as error:
        st.warning(escape_markdown(str(error)), icon=":material/edit:")
        return []


def _result(shares: list[grim.Share], found: np.ndarray, most: int, shown: int | None) -> None:
    """Draw which numbers up to ``most`` fit the shares."""
    numbers = np.arange(SMALLEST, most + 1)
    chart.draw(
        _chart(tuple(shares), most, shown),
        alt=f"Of the numbers from {SMALLEST} to {most}, {len(found)} can give all {len(shares)} shares"
        + (f", the smallest {found[0]}" if found.size else ""),
    )
    st.markdown(_describe(shares, found, grim.expected_by_chance(shares, numbers), most))
    st.caption(
        "GRIM test (Brown and Heathers 2017). It shows which n are possible; which one it was is inferred.",
        help="Multiples of a number that fits fit as well, since k/n = 2k/2n.",
    )


def _fractions(shares: list[grim.Share], size: int) -> None:
    """Draw the shares beside the nearest fractions of a number of images."""
    values = [share.units / 10**share.digits for share in shares]
    numerators = [round(value * size) for value in values]
    fits = [bool(grim.fitting([share], np.array([size]))[0]) for share in shares]
    data_table.draw(
        pd.DataFrame(
            {
                "share": [f"{value:.{share.digits}f}" for value, share in zip(values, shares, strict=True)],
                "k": numerators,
                f"k/{size}": [k / size for k in numerators],
                "fits": ["yes" if fit else "no" for fit in fits],
            }
        ),
        column_config={
            "share": st.column_config.TextColumn(alignment="right", width=58),
            "k": st.column_config.NumberColumn(width=44),
            f"k/{size}": st.column_config.NumberColumn(format="%.6f", width=74),
            "fits": st.column_config.TextColumn(width=40),
        },
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(shares), 10) + 1) + 8,
        alt=f"Each share beside the nearest fraction of {size} images; {sum(fits)} of {len(shares)} fit",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _chart(shares: tuple[grim.Share, ...], most: int, tried: int | None) -> go.Figure:
    numbers = np.arange(SMALLEST, most + 1)
    return denominators(numbers, grim.fitting(shares, numbers), len(shares), tried=tried, height=430)


def _describe(shares: list[grim.Share], found: np.ndarray, by_chance: float, most: int) -> str:
    what = f"all {len(shares)} shares" if len(shares) > 1 else "the share"
    if not found.size:
        return (
            f"**No n from {SMALLEST} to {most:,} can give {what}**: n is outside this range, the shares are "
            "not all of the same images, or a digit is wrong."
        )
    smallest, others = int(found[0]), [int(number) for number in found[1:]]
    expected = (
        f"Random shares would leave {f'{by_chance:.1g}' if by_chance < 1 else f'{by_chance:.0f}'} such n."
    )
    if not others:
        return f"**Only n = {smallest}** from {SMALLEST} to {most:,} gives {what}. {expected}"
    if all(number % smallest == 0 for number in others):
        return (
            f"**Only n = {smallest} and multiples of it** ({len(others)} of them) from {SMALLEST} to "
            f"{most:,} give {what}. {expected}"
        )
    return f"**{len(found):,} different n** from {smallest} to {most:,} give {what}. {expected}"
