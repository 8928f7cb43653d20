"""How the paper's numbers give themselves away: the fitting sizes, the files, the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.data.phantom import dataset as phantom_dataset
from core.errors import UserError
from core.evaluation.intervals import wilson
from core.figures.confusion_matrix import confusion_matrix
from core.figures.grim import denominators
from core.images.encode import thumbnail
from core.paper import grim, reconstruction, statements
from pages.components.shared import chart, layout
from pages.components.shared.text import escape_markdown, join, with_interval

if TYPE_CHECKING:
    import plotly.graph_objects as go

SMALLEST, LARGEST = 30, 3000
COLUMNS = {"validation": "val_accuracy", "training": "accuracy"}


@st.fragment
def sizes_that_fit() -> None:
    """Let the visitor look for the numbers of images that fit Table 3."""
    layout.remember(layout.DATA_AUDIT)
    st.markdown(
        "A share of n images is k/n with a whole number k. The paper's Table 3 gives ten accuracies to "
        "four digits, and most n cannot give them all. Every n is tried here, as you look:"
    )
    left, right = st.columns(2)
    with left:
        column = st.segmented_control(
            "Accuracies of Table 3",
            list(COLUMNS),
            default="validation",
            required=True,
            key="table3",
            bind="query-params",
            format_func=lambda name: f"{name.capitalize()} accuracy",
        )
    with right:
        most = st.slider(
            f"Try every n from {SMALLEST} to", 300, LARGEST, LARGEST, 10, key="most", bind="query-params"
        )
    shares = reconstruction.table_3(COLUMNS[column])
    _verdict(shares, most)
    numbers = np.arange(SMALLEST, most + 1)
    found = numbers[grim.fitting(shares, numbers) == len(shares)]
    if found.size:
        history = statements.history()
        values = history[COLUMNS[column]]
        with st.expander(f"The ten values as k/{found[0]}", icon=":material/table:"):
            st.dataframe(
                pd.DataFrame(
                    {
                        "epoch": history["epoch"],
                        "Table 3": values,
                        "k": [round(value * found[0]) for value in values],
                        f"k/{found[0]}": [round(value * found[0]) / found[0] for value in values],
                    }
                ),
                hide_index=True,
                column_config={
                    "Table 3": st.column_config.NumberColumn(format="%.4f"),
                    f"k/{found[0]}": st.column_config.NumberColumn(format="%.6f"),
                },
                alt=f"Each value of Table 3 as a whole number of {found[0]} images",
            )
    st.caption(
        "This is the GRIM test (Brown and Heathers 2017). Multiples of a number that fits fit as well, since "
        "k/n = 2k/2n. It tells which n are possible; that it was this n is inferred."
    )


@st.fragment
def another_paper() -> None:
    """Let the visitor put another paper's shares to the same test."""
    text = st.text_area(
        "Shares of the same images, from one table of another paper",
        "0.9363 0.8854 0.9108",
        key="shares",
        max_chars=2000,
        help="As 0.8975 or 89.75 %; write all digits that the paper gives, with zeros at the end.",
    )
    try:
        shares = grim.read_shares(text or "")
    except UserError as error:
        st.warning(escape_markdown(str(error)), icon=":material/edit:")
        return
    _verdict(shares, LARGEST)


def _verdict(shares: list[grim.Share], most: int) -> None:
    numbers = np.arange(SMALLEST, most + 1)
    count = grim.fitting(shares, numbers)
    found = numbers[count == len(shares)]
    st.markdown(_in_words(shares, found, grim.expected_by_chance(shares, numbers), most))
    chart.draw(
        _denominators(tuple(shares), most),
        alt=f"Of the numbers from {SMALLEST} to {most}, {len(found)} can give all {len(shares)} shares"
        + (f", the smallest {found[0]}" if found.size else ""),
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _denominators(shares: tuple[grim.Share, ...], most: int) -> go.Figure:
    numbers = np.arange(SMALLEST, most + 1)
    return denominators(numbers, grim.fitting(shares, numbers), len(shares))


def _in_words(shares: list[grim.Share], found: np.ndarray, chance: float, most: int) -> str:
    what = f"all {len(shares)} shares" if len(shares) > 1 else "the share"
    if not found.size:
        return (
            f"**No n from {SMALLEST} to {most:,} can give {what}**: the number of images is another, the "
            "shares are not all of the same images, or a digit is wrong."
        )
    smallest, others = int(found[0]), [int(number) for number in found[1:]]
    by_chance = f"Of shares drawn at random one would expect {chance:.1g} such n."
    if not others:
        return f"**Only n = {smallest}** from {SMALLEST} to {most:,} gives {what}. {by_chance}"
    if all(number % smallest == 0 for number in others):
        return (
            f"**Only n = {smallest} and multiples of it** ({len(others)} of them) from {SMALLEST} to "
            f"{most:,} "
            f"give {what}. {by_chance}"
        )
    return f"**{len(found):,} different n** from {smallest} to {most:,} give {what}. {by_chance}"


def files_that_fit() -> None:
    """Show which of BUSI's files add up to the sizes found."""
    st.markdown(
        "BUSI, the public set of breast ultrasound images, fits the paper's three classes. For each image "
        "it has one mask or more: a black image with the outline of the lesion filled in white. Take a "
        "whole tenth of each class for the test, then, as Keras does, a whole fifth of the rest for "
        "validation:"
    )
    readings = reconstruction.readings()
    st.table(
        readings.assign(fits=["yes" if fits else "no" for fits in readings["fits"]])[
            ["reading", "fits", "files", "train", "validation", "test", "steps"]
        ].rename(columns={"reading": "images are", "train": "training", "steps": "batches of 8"}),
        hide_index=True,
        alt="Sizes that each reading of BUSI's files leads to, and whether they fit the paper's numbers",
    )
    fitting = readings[readings["fits"]]
    for row in fitting.to_dict("records"):
        st.markdown(
            f"**{row['train']:,} + {row['validation']} + {row['test']} = {row['files']:,}**: only "
            f"{row['reading']} fit both columns of Table 3 and the {statements.TRAINING['steps per epoch']} "
            "steps per epoch that the paper states. So it looks as if the masks were used as images. The "
            "paper names neither BUSI nor masks; this is inferred."
        )
    with st.grid(3, min_column_width=100):
        for name, image, words in _masks():
            with st.container():
                st.image(image, width="stretch", alt=f"{name} (simulated)")
                st.caption(f"**{name}**: {words}")
    st.caption("Simulated images in BUSI's layout.")


@st.cache_data(show_spinner=False)
def _masks() -> list[tuple[str, bytes, str]]:
    malignant, normal = (
        phantom_dataset.render(0, phantom_dataset.Entry(label, 3, None)) for label in ("malignant", "normal")
    )
    outline, empty = (each.mask.astype(np.uint8) * 255 for each in (malignant, normal))
    return [
        ("An image", thumbnail(malignant.image, 320), "what a network should learn to read"),
        ("Its mask", thumbnail(outline, 320), "the answer of a person, with the shape drawn by hand"),
        ("A normal image’s mask", thumbnail(empty, 320), "nothing to outline; every black image is normal"),
    ]


@st.cache_resource(show_spinner=False)
def _matrix() -> go.Figure:
    return confusion_matrix(statements.RECONSTRUCTED_CONFUSION_MATRIX, statements.CLASSES)


def errors_that_fit() -> None:
    """Show the test matrix that the paper's words leave."""
    images = statements.INFERRED_SIZES["test"]
    possible = reconstruction.errors_that_round_to(round(100 * statements.TEST_ACCURACY), images)
    named = sum(statements.NAMED_ERRORS.values())
    counts = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    st.markdown(
        f"If the test set has {images} files, {statements.TEST_ACCURACY:.0%} means "
        f"{join([str(number) for number in possible]).replace(' and ', ' or ')} errors. The text names "
        f"{named}: "
        + join([f"{number} {true} called {said}" for (true, said), number in statements.NAMED_ERRORS.items()])
        + ". So those are all, and the matrix that the paper does not print can be inferred:"
    )
    left, words = st.columns(2, gap="large")
    with left:
        chart.draw(
            _matrix(),
            key="inferred matrix",
            alt="The inferred test matrix; rows are true classes: "
            + "; ".join(
                f"{name} {', '.join(map(str, row))}"
                for name, row in zip(statements.CLASSES, counts, strict=True)
            ),
        )
    with words:
        lines = []
        for index, name in enumerate(statements.CLASSES):
            right, all_of_class = int(counts[index, index]), int(counts[index].sum())
            interval = wilson(right / all_of_class, all_of_class)
            lines.append(f"- {name}: {right} of {all_of_class} found, {with_interval(interval)}")
        whole = wilson(float(np.trace(counts) / counts.sum()), float(counts.sum()))
        st.markdown("\n".join(lines))
        st.markdown(
            f"{counts[1, 0]} of {counts[1].sum()} malignant files were called benign. All in all "
            f"{np.trace(counts)} of {counts.sum()} are right: {with_interval(whole)}. The 95 % interval is "
            "Wilson's and takes every file for a new patient, which they are not."
        )
