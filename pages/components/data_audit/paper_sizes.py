"""Section 1: the numbers of images that fit reported accuracies (GRIM test)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.grim import denominators
from core.paper import grim, reconstruction, statements
from pages.components.shared import chart, data_table, navigation
from pages.components.shared.session import Key
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    import plotly.graph_objects as go

SMALLEST, LARGEST = 30, 3000
COLUMNS = {"validation": "val_accuracy", "training": "accuracy"}


@st.fragment
def sizes_that_fit() -> None:
    """Draw the numbers of images that fit Table 3."""
    navigation.remember(navigation.DATA_AUDIT)
    st.markdown(
        "A share of n images is k/n with a whole number k. Few n can give all ten accuracies of the paper's "
        "Table 3 to four digits. Every n is tried here:"
    )
    left, right = st.columns(2)
    with left:
        column = st.segmented_control(
            "Accuracies of Table 3",
            list(COLUMNS),
            default="validation",
            required=True,
            key=Key.TABLE_3,
            bind="query-params",
            format_func=lambda name: f"{name.capitalize()} accuracy",
        )
    with right:
        most = st.slider(
            f"Try every n from {SMALLEST} to",
            300,
            LARGEST,
            LARGEST,
            10,
            key=Key.LARGEST_N,
            bind="query-params",
        )
    shares = reconstruction.table_3(COLUMNS[column])
    found = _result(shares, most)
    if found.size:
        _values(column, int(found[0]))
    st.caption(
        "GRIM test (Brown and Heathers 2017). It shows which n are possible; which one it was is inferred.",
        help="Multiples of a number that fits fit as well, since k/n = 2k/2n.",
    )


@st.fragment
def another_paper() -> None:
    """Draw the same test for shares of another paper."""
    text = st.text_area(
        "Shares of the same images, from one table of another paper",
        "0.9363 0.8854 0.9108",
        key=Key.SHARES,
        max_chars=2000,
        help="As 0.8975 or 89.75 %. Write all digits that the paper gives, with zeros at the end.",
    )
    try:
        shares = grim.read_shares(text or "")
    except UserError as error:
        st.warning(escape_markdown(str(error)), icon=":material/edit:")
        return
    _result(shares, LARGEST)


def _result(shares: list[grim.Share], most: int) -> np.ndarray:
    """Draw the numbers up to ``most`` that fit the shares, and return them."""
    numbers = np.arange(SMALLEST, most + 1)
    count = grim.fitting(shares, numbers)
    found = numbers[count == len(shares)]
    st.markdown(_describe(shares, found, grim.expected_by_chance(shares, numbers), most))
    chart.draw(
        _chart(tuple(shares), most),
        alt=f"Of the numbers from {SMALLEST} to {most}, {len(found)} can give all {len(shares)} shares"
        + (f", the smallest {found[0]}" if found.size else ""),
    )
    return found


def _values(column: str, size: int) -> None:
    """Draw the values of Table 3 as shares of a number of images."""
    history = statements.history()
    values = history[COLUMNS[column]]
    numerators = [round(value * size) for value in values]
    with st.expander(f"The ten values as k/{size}", icon=":material/table:"):
        data_table.draw(
            pd.DataFrame(
                {
                    "epoch": history["epoch"],
                    "Table 3": values,
                    "k": numerators,
                    f"k/{size}": [k / size for k in numerators],
                }
            ),
            column_config={
                "Table 3": st.column_config.NumberColumn(format="%.4f"),
                f"k/{size}": st.column_config.NumberColumn(format="%.6f"),
            },
            alt=f"Each value of Table 3 as a whole number of {size} images",
        )


@st.cache_resource(max_entries=32, show_spinner=False)
def _chart(shares: tuple[grim.Share, ...], most: int) -> go.Figure:
    numbers = np.arange(SMALLEST, most + 1)
    return denominators(numbers, grim.fitting(shares, numbers), len(shares))


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
