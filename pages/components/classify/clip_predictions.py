"""The model's predictions for the frames of the visitor's clips, each computed once in a session."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.images import crop
from core.images.limits import ImageError
from core.inference.clip_summary import ClipSummary, summarise
from core.inference.examine import seen_views, view
from core.inference.prediction_table import PredictedImage
from pages.components.shared import crops, requests, session
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from core.images.pixels import ClipFrame
    from core.inference.classifier import Prediction
    from core.inference.examine import View
    from pages.components.shared.input_clip import InputClip
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

_AT_ONCE = 8  # frames that are in memory and in the queue together


class ClipPrediction(NamedTuple):
    """The predictions for the frames of a clip that show something, from 0, and what they say together."""

    frames: dict[int, Prediction]
    summary: ClipSummary


def are_known(model: Model, image: InputImage) -> bool:
    """Return whether the image is of a clip of which all frames have a prediction of the model."""
    return image.clip is not None and len(_known(model, image)) == len(image.clip.usable)


def of_clip(model: Model, image: InputImage) -> ClipPrediction:
    """Return the predictions for a clip, with a progress bar while they are computed.

    What has been computed stays when the visitor does something else meanwhile.

    Args:
        model: the model.
        image: a frame of the clip, whose crop is that of all frames.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        ImageError: the clip cannot be decoded any more.
        QueueFullError: the queue is full.
    """
    _classify_missing(model, image)
    predictions = {number: one.prediction for number, one in _known(model, image).items() if one}
    decision = model.bundle.manifest.decision
    thresholds = decision.conformal_thresholds_of(model.bundle.manifest.class_names)
    return ClipPrediction(
        predictions, summarise(predictions, thresholds, image.clip.frames if image.clip else 1)
    )


def waiting(model: Model) -> int:
    """Return the number of the visitor's clips that the model has not classified to their end."""
    return sum(image.clip is not None and not are_known(model, image) for image in crops.shown())


def classify_next(model: Model, selected: InputImage, status: DeltaGenerator) -> None:
    """Classify the next clip that waits, and draw the page again with its prediction.

    Args:
        model: the model.
        selected: the selected image; its clip has been classified, or refused.
        status: container of what went wrong.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: the queue is full.
    """
    problems = []
    for image in crops.shown():
        if image.clip is None or image.source == selected.source or are_known(model, image):
            continue
        try:
            of_clip(model, image)
        except ImageError as error:
            problems.append(error)
        else:
            st.rerun()
    if problems:
        with status:
            show_problems(problems, key=Key.CLASSIFY_AGAIN)


def show_problems(problems: Sequence[ImageError], *, key: str) -> None:
    """Draw why clips have no prediction, and a button that classifies them again.

    Args:
        problems: the errors, one for each clip.
        key: key of the button.
    """
    for problem in problems:
        st.error(escape_markdown(str(problem)), icon=":material/movie:")
    st.button("Try again", icon=":material/refresh:", key=key)  # every run of the page tries


def sum_up(model: Model, predicted: Sequence[PredictedImage]) -> list[PredictedImage]:
    """Return predictions for the visitor's images, with that for a clip, once known, in place of its frame's.

    Args:
        model: the model.
        predicted: prediction for each of the visitor's images, as it is shown.
    """
    return [
        _whole(model, image, image.clip) if image.clip and are_known(model, image) else one
        for image, one in zip(crops.shown(), predicted, strict=True)
    ]


def _whole(model: Model, image: InputImage, clip: InputClip) -> PredictedImage:
    summary = of_clip(model, image).summary
    frames = [one for one in _known(model, image).values() if one]
    return PredictedImage(
        clip.clip.name,
        image.source,
        summary.prediction,
        next((one.seen for one in frames if one.seen), None),
        next((one.warning for one in frames if one.warning), ""),
        (summary.describe(), *image.notes),
        image.crop,
    )


def _known(model: Model, image: InputImage) -> dict[int, PredictedImage | None]:
    return session.FRAMES.get().setdefault((model.key, image.source_as_shown), {})


def _classify_missing(model: Model, image: InputImage) -> None:
    clip, known = image.clip, _known(model, image)
    missing = [number for number in clip.usable if number not in known] if clip else []
    if not clip or not missing:
        return
    name = escape_markdown(shorten(clip.clip.name))
    held: dict[int, ClipFrame] = {}
    place = st.empty()
    with place.container(), closing(requests.frames(clip.clip, missing[0], missing[-1] + 1)) as frames:
        bar = st.progress(0.0, f"Classifying {name} …")
        for number, frame in enumerate(frames, missing[0]):
            if number in missing:
                held[number] = frame
            if len(held) == _AT_ONCE or number == missing[-1]:
                known.update(_classify(model, image, held))
                held = {}
                done = f"frame {number + 1} of {clip.frames}"
                bar.progress((number + 1) / clip.frames, f"Classifying {name}: {done} …")
    place.empty()


def _classify(
    model: Model, image: InputImage, frames: Mapping[int, ClipFrame]
) -> dict[int, PredictedImage | None]:
    """Classify some frames, cropped as the image is, and return their predictions without arrays."""
    bundle = model.bundle
    views: dict[int, View] = {}
    for number, frame in frames.items():
        with suppress(ImageError):  # the crop of this frame shows nothing
            views[number] = view(frame.pixels, bundle.manifest.shared_frames, image.crop or crop.NONE)
    predictions = requests.classify(model, [one.pixels for one in views.values()])
    found = {
        number: PredictedImage(
            image.name,
            viewed.examined.sha256,
            prediction.without_arrays(),
            seen,
            viewed.examined.warning,
        )
        for (number, viewed), prediction, seen in zip(
            views.items(), predictions, seen_views(bundle, list(views.values())), strict=True
        )
    }
    return {number: found.get(number) for number in frames}
