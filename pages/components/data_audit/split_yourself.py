"""Step 5: the visitor splits the images and sees which test images have near-duplicates in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import streamlit as st

from core.data import leak_simulation
from core.data.groups import grouped_images, joins_patients, joins_sub_folders
from core.figures.leak_simulation import lookup_accuracy
from pages.components.data_audit import collection as collections
from pages.components.data_audit import own_data
from pages.components.data_audit.collection import BY_KEY, GROUPS_A_PAGE, IMAGES_A_GROUP, Collection
from pages.components.shared import chart, image_cards, layout, navigation, session
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    import pandas as pd

WAYS: tuple[leak_simulation.SplitMethod, ...] = get_args(leak_simulation.SplitMethod)
SPLITS = 60
PAIRS = 3
MAX_NUMBER = 9999
_HEIGHT = 230


def draw() -> None:
    """Draw the split, and below it what there is to wait for."""
    own = own_data.find()
    if own is not None:
        _draw(own.collection)
    own_data.wait(own)


@st.fragment
def _draw(collection: Collection) -> None:
    navigation.remember(navigation.DATA_AUDIT)
    left, right = st.columns([2, 1], gap="medium")
    with right:
        with layout.controls():
            way = st.segmented_control(
                "Split",
                WAYS,
                default=WAYS[0],
                required=True,
                key=Key.SPLIT,
                bind="query-params",
                format_func=str.capitalize,
            )
            percent = st.slider(
                "Test set, % of the images", 5, 40, 10, 5, key=Key.TEST_SHARE, bind="query-params"
            )
            with st.container(horizontal=True, vertical_alignment="bottom"):
                number = st.number_input(
                    "Split number", 1, MAX_NUMBER, 1, key=Key.SPLIT_NUMBER, bind="query-params", width=130
                )
                st.button("Another split", icon=":material/casino:", shortcut="N", on_click=_another)
        by_way = {name: _outcomes(collection, name, percent, number) for name in WAYS}
        _result(by_way[way][0])
    with left:
        _many(by_way)
        own_data.name(collection, _kept_together(collection))
        rng = np.random.default_rng([number, 0])
        _pairs(collection, leak_simulation.draw_test_set(_encoded(collection), way, percent / 100, rng))


def _kept_together(collection: Collection) -> str:
    """Say what a split by group keeps in one set."""
    if joins_patients(collection.grouping):
        related = "in one sub-folder" if joins_sub_folders(collection.grouping) else "of one patient"
        return f"A split by group keeps near-duplicates together, and images {related}."
    text = "A split by group keeps near-duplicates together."
    if collection.folders is None:  # phantoms, of no patient
        return text
    return f"{text} Patients are not known: other images of a test patient may be in training."


def _another() -> None:
    session.SPLIT_NUMBER.set(session.SPLIT_NUMBER.get() % MAX_NUMBER + 1)


def _result(this: leak_simulation.Leak) -> None:
    with st.grid(2, min_column_width=110):
        st.metric("Test images", f"{this.test:,}", border=True)
        st.metric(
            "Leaked",
            f"{this.leaked / max(this.test, 1):.0%}",
            border=True,
            help=f"{this.leaked:,} test images have a near-duplicate in training.",
        )
        st.metric(
            "Look-up",
            f"{this.lookup_accuracy:.1%}",
            border=True,
            help="Accuracy of a look-up that learns nothing about ultrasound: it repeats the label of a "
            "near-duplicate in the training set, and predicts the most frequent class where there is none. "
            "What it gains over guessing is leakage.",
        )
        st.metric(
            "Guessing",
            f"{this.majority_accuracy:.1%}",
            border=True,
            help="Accuracy of always predicting the most frequent class.",
        )


def _many(by_way: dict[leak_simulation.SplitMethod, list[leak_simulation.Leak]]) -> None:
    means = {name: np.mean([each.lookup_accuracy for each in outcomes]) for name, outcomes in by_way.items()}
    shares = [each.leaked / max(each.test, 1) for each in by_way["at random"]]
    chart.draw(
        lookup_accuracy(
            {name.capitalize(): outcomes for name, outcomes in by_way.items()},
            float(np.mean([each.majority_accuracy for outcomes in by_way.values() for each in outcomes])),
            height=_HEIGHT,
        ),
        key=Key.SPLIT_CHART,
        alt=f"Accuracy of the look-up in {SPLITS} splits: "
        + "; ".join(f"{name} on average {mean:.1%}" for name, mean in means.items()),
    )
    st.markdown(
        f"In {SPLITS} random splits, {min(shares):.0%} to {max(shares):.0%} of the test images have a "
        f"near-duplicate in training, and the look-up reaches {means['at random']:.1%} on average. Split by "
        f"group, none has, and it reaches {means['by group']:.1%}."
    )


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _images(collection: Collection) -> pd.DataFrame:
    return grouped_images(collection.table)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_KEY)
def _encoded(collection: Collection) -> leak_simulation.GroupedImages:
    return leak_simulation.encode(_images(collection))


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs=BY_KEY)
def _outcomes(
    collection: Collection, way: leak_simulation.SplitMethod, percent: int, number: int
) -> list[leak_simulation.Leak]:
    return leak_simulation.simulate(_encoded(collection), way, percent / 100, SPLITS, number)


def _pairs(collection: Collection, test: np.ndarray) -> None:
    """Draw test images beside their near-duplicate in training.

    Phantoms are those of the groups that the next step shows first: simulating others would make the slider
    wait.
    """
    files = _images(collection)["file"]
    set_of = dict(zip(files, np.where(test, "test", "training"), strict=True))
    groups = collections.groups(collection)
    divided = sum(len({set_of[file] for file in files}) > 1 for files in groups["files"])
    if not divided:
        st.success("No near-duplicate of a test image was found in training.", icon=":material/check_circle:")
        return
    first = groups if collection.folders else groups.head(GROUPS_A_PAGE)
    pairs = []
    for files, classes in zip(first["files"], first["classes"], strict=True):
        by_set = {
            set_of[file]: (file, label)
            for file, label in list(zip(files, classes, strict=True))[:IMAGES_A_GROUP]
        }
        if len(by_set) > 1:
            pairs.append(by_set)
    st.markdown(f"**{divided:,} groups are on both sides of the split**{', for example:' if pairs else '.'}")
    if pairs:
        image_cards.gallery(
            [
                collections.card(collection, *by_set[name], in_set=name)
                for by_set in pairs[:PAIRS]
                for name in ("test", "training")
            ],
            key=Key.PAIRS,
            label="Test images, each before its near-duplicate in training",
            columns=2 * PAIRS,
            narrowest=96,
        )
