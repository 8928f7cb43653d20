"""The game: a set of images, one after the other, classified by click or key."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.data.groups import joins_patients
from core.errors import UserError
from core.figures.style import class_colours
from core.schema import parse
from core.serving import result_link
from core.serving.result_link import MOST_CLASSES, RESULT, Answers
from pages.components.shared import component, layout, session
from pages.components.shared.keys import Key
from pages.components.you_against_the_model import shown_set

if TYPE_CHECKING:
    from core.serving.result_link import Settings
    from pages.components.you_against_the_model.shown_set import ShownSet


def draw(shown: ShownSet, settings: Settings) -> None:
    """Draw the game; at its end the address holds the answers.

    Raises:
        UserError: the model has too many classes, or an image is gone.
    """
    names = shown.source.model.bundle.manifest.class_names
    if len(names) > MOST_CLASSES:
        raise UserError(
            f"{shown.source.model.label} has {len(names)} classes, and this page has keys for "
            f"{MOST_CLASSES}; choose another model."
        )
    colours, letters = class_colours(names), result_link.keys(names)
    classes = [
        {"name": name, "letter": letter, "colour": colours[name]}
        for name, letter in zip(names, letters, strict=True)
    ]
    with layout.main_object(), st.container(key=Key.GAME_PLACE):
        component.load(Path(__file__), '<div class="game"></div>')(
            key=Key.GAME,
            data={
                "set": shown.name,
                "limit": settings.limit,
                "images": shown_set.urls(shown),
                "classes": classes,
            },
            on_finished_change=lambda: _finish(shown.name),
        )
    st.caption(shown.source.line, help=_rule(shown))


def _rule(shown: ShownSet) -> str:
    """Return how the images were drawn, and in which size they are shown."""
    manifest, source = shown.source.model.bundle.manifest, shown.source
    side = manifest.recipe.preprocessing.image_size
    group = "patient or near-duplicate group" if joins_patients(manifest.grouping) else "near-duplicate group"
    if not source.tested or manifest.data.without_patient_ids():
        group = "near-duplicate group, because the patients are not known"
    size = (
        f"You see each image as the network saw it, {side} × {side} pixels."
        if source.fitted
        else f"You see each image at up to {shown_set.LARGEST} pixels; the network sees {side} × {side}."
    )
    return (
        f"{len(shown.drawn)} of {len(source.images)} images, drawn by the seed in the address, at most one "
        f"of each {group}. The classes are equally frequent, as far as there are images: their frequency "
        f"gives no hint. {size} The model’s prediction is its most probable class."
    )


def _finish(set_name: str) -> None:
    # The script of the page sends nothing else; whoever does gets no result.
    with contextlib.suppress(UserError):
        answers = parse(Answers, session.finished(Key.GAME), what="the result")
        result = result_link.write_result(set_name, answers)
        st.query_params[RESULT] = result
        session.PLAYED_RESULT.set(result)
