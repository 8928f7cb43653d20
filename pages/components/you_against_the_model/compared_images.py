"""The images of a finished set, with their true class, the answer and the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.reader_study import NO_ANSWER
from core.figures.style import class_colours
from pages.components.shared import image_cards
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key
from pages.components.you_against_the_model import shown_set

if TYPE_CHECKING:
    from core.evaluation.reader_study import ReaderStudy, ReadImage
    from pages.components.you_against_the_model.shown_set import ShownSet

_DIFFERENT, _ALL = "where you differ", "all"
_COLUMNS = 5
_NARROWEST = 150  # pixels


def draw(study: ReaderStudy, shown: ShownSet) -> None:
    """Draw the images to which person and model gave different classes, or all."""
    different = [one.answer != one.predicted_class for one in study.images]
    st.subheader("The images", anchor=False)
    which = st.segmented_control(
        "Images",
        [_DIFFERENT, _ALL],
        default=_DIFFERENT,
        required=True,
        key=Key.WHICH_IMAGES,
        format_func={
            _DIFFERENT: f"Where you differ ({sum(different)})",
            _ALL: f"All ({len(different)})",
        }.__getitem__,
        label_visibility="collapsed",
    )
    colours = class_colours(study.class_names)
    cards = [
        _card(number, one, url, shown.source.model.label, colours[one.true_class])
        for number, (one, url, differs) in enumerate(
            zip(study.images, shown_set.urls(shown), different, strict=True), start=1
        )
        if differs or which == _ALL
    ]
    if not cards:
        st.caption("You and the model gave the same class to every image.")
        return
    image_cards.gallery(
        cards,
        key=Key.COMPARED_IMAGES,
        label="Images",
        columns=_COLUMNS,
        narrowest=_NARROWEST,
        details=True,
    )


def _card(number: int, one: ReadImage, url: str, model: str, colour: str) -> Card:
    answer, predicted = one.answer or NO_ANSWER, one.predicted_class
    said = [
        f"{_mark(one.answer == one.true_class)} You: {answer}",
        f"{_mark(predicted == one.true_class)} {model}: {predicted} {one.probabilities[predicted]:.0%}",
    ]
    if one.birads:
        said.append(f"Radiologists: BI-RADS {one.birads}")
    return Card(
        str(number),
        url,
        f"Image {number}, true class {one.true_class}, your answer {answer}, predicted as {predicted}",
        label=one.true_class,
        colour=colour,
        note=f"Image {number}",
        detail=" · ".join(said),
    )


def _mark(correct: bool) -> str:
    return "✓" if correct else "✗"
