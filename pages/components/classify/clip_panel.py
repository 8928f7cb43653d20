"""A clip: its probabilities over the frames, a choice among these, and what they say of one lesion."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.figures.frames import frame_probabilities
from core.figures.style import class_colours
from core.images.limits import ImageError
from pages.components.classify import clip_predictions
from pages.components.shared import chart, clips, image_cards, session
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered
from pages.components.shared.session import Entry
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.components.classify.clip_predictions import ClipPrediction
    from pages.components.shared.input_clip import InputClip
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


def draw(model: Model, image: InputImage) -> ClipPrediction | None:
    """Draw the clip of an image and return the predictions for it; None for an image, or with an error."""
    if image.clip is None:
        return None
    try:
        found = clip_predictions.of_clip(model, image)
    except ImageError as error:
        clip_predictions.show_problems([error], key=numbered(Key.CLASSIFY_AGAIN, "selected"))
        return None
    with st.container(horizontal=True):  # beside the top of the image, as that of an image stands
        st.header(
            f"Predicted class: {escape_markdown(found.summary.prediction.predicted_class)}", width="content"
        )
    _chart(model, image, image.clip, found)
    _picker(image, found)
    _summary(image, found)
    sure, unsure = st.columns(2, gap="small")
    with sure:
        _frames(model, image, found, "Most sure", found.summary.most_sure)
    # Frames that are all alike are not told apart.
    if not {*found.summary.most_sure} & {*found.summary.least_sure}:
        with unsure:
            _frames(model, image, found, "Least sure", found.summary.least_sure)
    return found


def _chart(model: Model, image: InputImage, clip: InputClip, found: ClipPrediction) -> None:
    names = model.bundle.manifest.class_names
    predictions = [found.frames.get(number) for number in range(clip.frames)]
    figure = frame_probabilities(
        {name: [one and one.probabilities[name] for one in predictions] for name in names},
        image.frame,
        clip.seconds,
    )
    # What stands below does not move when the chart comes.
    with st.container(height=figure.layout.height, border=False):
        chart.draw(
            figure,
            key=Key.FRAME_CHART,
            on_select=partial(_take_click, image),
            selection_mode="points",
            alt=f"Probabilities over {clip.frames} frames; frame {image.frame + 1} is chosen",
        )


def _take_click(image: InputImage) -> None:
    clicked = session.clicked(Key.FRAME_CHART)
    if clicked is not None:
        clips.show(image, clicked[0])


def _picker(image: InputImage, found: ClipPrediction) -> None:
    """Draw the same choice for the keyboard, among the frames that show something in the crop."""
    numbers = sorted({*found.frames, image.frame})
    if len(numbers) == 1:
        return
    # The browser sends the slider's frame with every click. One that it has not yet seen replaced would count
    # as chosen, and take the frame that was clicked back.
    clicked = session.FRAMES_CLICKED.get()
    entry = Entry(numbered(Key.FRAME_PICKER, image.source, clicked), int)

    def slid() -> None:
        if clicked == session.FRAMES_CLICKED.get():
            clips.show(image, entry.get() - 1, slid=True)

    entry.set(image.frame + 1)
    st.select_slider(
        "Frame",
        [number + 1 for number in numbers],
        format_func=lambda number: f"frame {number}",
        key=entry.name,
        on_change=slid,
        label_visibility="collapsed",
    )


def _summary(image: InputImage, found: ClipPrediction) -> None:
    said = found.summary.in_sentences(cropped=image.crop is not None)
    means, votes, *notes = map(escape_markdown, said[1:])
    st.markdown(means, help=f"{votes} The probabilities are calibrated for single images, not for clips.")
    if any(notes):
        st.caption(
            f":material/looks_one: {' '.join(filter(None, notes))}",
            help="The frames show the same lesion, so the clip counts as one observation. The range is that "
            "of the frames themselves: filming for longer does not narrow it, as more patients would narrow "
            "a confidence interval.",
        )


def _frames(
    model: Model, image: InputImage, found: ClipPrediction, title: str, numbers: Sequence[int]
) -> None:
    """Draw frames that a click opens."""
    colours = class_colours(model.bundle.manifest.class_names)
    cards = []
    for number in numbers:
        prediction = found.frames[number]
        name = prediction.predicted_class
        note = f"{prediction.probabilities[name]:.0%} {name}"  # of a long name the end is cut off
        cards.append(
            Card(
                str(number),
                image.clip.thumbnail(number) if image.clip else "",
                f"frame {number + 1}: {note}",
                f"Frame {number + 1}",
                colours[name],
                note,
                mark=number == image.frame,
            )
        )
    st.markdown(f":small[**{title}**]")
    image_cards.gallery(
        cards,
        lambda key: clips.show(image, int(key)),
        key=numbered(Key.FRAMES, title),
        label=f"{title} frames",
        columns=3,
        narrowest=72,
    )
