"""The visitor splits images and sees what of the test set was in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import streamlit as st

from core.data import leak_simulation
from core.data.groups import grouped_images
from core.figures.leak_simulation import draws
from pages.components.data_audit import collection as collections
from pages.components.data_audit.gallery import PER_PAGE, SHOWN
from pages.components.shared import chart, layout
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    import pandas as pd

    from pages.components.data_audit.collection import Collection

WAYS: tuple[leak_simulation.SplitMethod, ...] = get_args(leak_simulation.SplitMethod)
DRAWS = 60
PAIRS = 2
MOST_SPLITS = 9999


@st.fragment
def split_yourself(collection: Collection) -> None:
    """Draw the controls, what this split leads to, and what many splits would."""
    layout.remember(layout.DATA_AUDIT)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Split",
            WAYS,
            default=WAYS[0],
            required=True,
            key="split",
            bind="query-params",
            format_func=str.capitalize,
        )
        number = st.number_input(
            "Split number", 1, MOST_SPLITS, 1, key="split_number", bind="query-params", width=150
        )
        st.button("Another split", icon=":material/casino:", shortcut="N", on_click=_another)
    percent = st.slider(
        "Test set, % of the images", 5, 40, 10, 5, key="test_part", bind="query-params", width=320
    )
    images = _images(collection.key, collection.table)
    labelled = leak_simulation.encode(images)
    by_way = {name: _outcomes(collection.key, labelled, name, percent, number) for name in WAYS}
    this = by_way[way][0]
    with st.grid(2, min_column_width=150):
        st.metric("Test images", f"{this.test:,}", border=True)
        st.metric(
            "With a copy in training", f"{this.leaked:,} ({this.leaked / max(this.test, 1):.0%})", border=True
        )
        st.metric("Accuracy of a look-up", f"{this.lookup_accuracy:.1%}", border=True)
        st.metric("Accuracy of guessing", f"{this.majority_accuracy:.1%}", border=True)
    st.markdown(
        "The look-up has learnt nothing of ultrasound. It searches the training set for a copy of the test "
        "image and repeats its label; where there is none it names the most frequent class. Whatever it "
        "gets above guessing is the leak."
    )
    means = {name: np.mean([each.lookup_accuracy for each in outcomes]) for name, outcomes in by_way.items()}
    chart.draw(
        draws(
            {name.capitalize(): outcomes for name, outcomes in by_way.items()},
            float(np.mean([each.majority_accuracy for outcomes in by_way.values() for each in outcomes])),
        ),
        key="draws",
        alt=f"Accuracy of the look-up in {DRAWS} splits: "
        + "; ".join(f"{name} on average {mean:.1%}" for name, mean in means.items()),
    )
    shares = [each.leaked / max(each.test, 1) for each in by_way["at random"]]
    st.markdown(
        f"Over {DRAWS} splits at random, {min(shares):.0%} to {max(shares):.0%} of the test images have a "
        f"copy in training, and the look-up reaches {means['at random']:.1%} on average; split by group, "
        f"none has, and it reaches {means['by group']:.1%}."
    )
    test = leak_simulation.draw_test_set(labelled, way, percent / 100, np.random.default_rng([number, 0]))
    _pairs(collection, images, test)


def _another() -> None:
    st.session_state["split_number"] = st.session_state["split_number"] % MOST_SPLITS + 1


@st.cache_data(max_entries=8, show_spinner=False)
def _images(key: str, _table: pd.DataFrame) -> pd.DataFrame:
    del key
    return grouped_images(_table)


@st.cache_data(max_entries=256, show_spinner=False)
def _outcomes(
    key: str,
    _images: leak_simulation.GroupedImages,
    way: leak_simulation.SplitMethod,
    percent: int,
    number: int,
) -> list[leak_simulation.Leak]:
    del key
    return leak_simulation.simulate(_images, way, percent / 100, DRAWS, number)


def _pairs(collection: Collection, images: pd.DataFrame, test: np.ndarray) -> None:
    """Show test images beside their copy in training, from the groups that the gallery shows first.

    Their images are at hand; simulating others would make the slider wait.
    """
    part = dict(zip(images["file"], np.where(test, "test", "training"), strict=True))
    groups = collections.groups(collection)
    parted = sum(len({part[file] for file in files}) > 1 for files in groups["files"])
    if not parted:
        st.success("No test image has a copy in training.", icon=":material/check_circle:")
        return
    first = groups.head(PER_PAGE)
    pairs = []
    for files, classes in zip(first["files"], first["classes"], strict=True):
        by_part = {
            part[file]: (file, label) for file, label in list(zip(files, classes, strict=True))[:SHOWN]
        }
        if len(by_part) > 1:
            pairs.append(by_part)
    among = ", among them:" if pairs else "; none of those that section 6 shows first is among them."
    st.markdown(f"**{parted:,} groups were parted**{among}")
    with st.grid(2, min_column_width=280):
        for by_part in pairs[:PAIRS]:
            with st.container(border=True), st.grid(2, min_column_width=100):
                for name in ("test", "training"):
                    file, label = by_part[name]
                    with st.container():
                        collections.show(
                            collection,
                            file,
                            alt=f"In the {name} part: {file}",
                            words=f"**{name}**: {escape_markdown(label)}",
                        )
