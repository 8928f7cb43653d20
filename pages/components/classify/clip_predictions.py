"""The model's predictions for the frames of the visitor's clips, each computed once in a session."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.bundle.training_overlap import seen_in_training
from core.data.duplicates.fingerprint import content_fingerprint
from core.data.image_facts import pixel_hash
from core.data.shared_frames import locate
from core.inference.clip_summary import ClipSummary, summarise
from core.inference.frame_warning import frame_warning
from core.inference.prediction_table import PredictedImage
from pages.components.shared import requests, session
from pages.components.shared.text import escape_markdown, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.images.pixels import Decoded
    from core.inference.classifier import Prediction
    from pages.components.shared.input_clip import InputClip
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

_AT_ONCE = 8  # frames that are in memory and in the queue together


class ClipPrediction(NamedTuple):
    """The predictions for the usable frames of a clip, from 0, and what they say together."""

    frames: dict[int, Prediction]
    summary: ClipSummary


def are_known(model: Model, image: InputImage) -> bool:
    """Return whether the image is of a clip of which all frames have a prediction of the model."""
    return image.clip is not None and len(_known(model, image.clip)) == len(image.clip.usable)


def of_clip(model: Model, clip: InputClip) -> ClipPrediction:
    """Return the predictions for a clip, with a progress bar while they are computed.

    What has been computed stays when the visitor does something else meanwhile.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        ImageError: the clip cannot be decoded any more.
        QueueFullError: the queue is full.
    """
    known = _known(model, clip)
    missing = [number for number in clip.usable if number not in known]
    if missing:
        _classify(model, clip, missing)
    decision = model.bundle.manifest.decision
    predictions = {number: one.prediction for number, one in known.items()}
    thresholds = [decision.conformal_threshold_of(name) for name in model.bundle.manifest.class_names]
    return ClipPrediction(predictions, summarise(predictions, thresholds))


def sum_up(model: Model, predicted: Sequence[PredictedImage]) -> list[PredictedImage]:
    """Return predictions for the visitor's images with that for a clip in the place of that for its frame."""
    return [
        one if image.clip is None else _whole(model, image.clip)
        for image, one in zip(session.IMAGES.get(), predicted, strict=True)
    ]


def _whole(model: Model, clip: InputClip) -> PredictedImage:
    summary = of_clip(model, clip).summary
    frames = _known(model, clip).values()
    return PredictedImage(
        clip.clip.name,
        clip.clip.sha256,
        summary.prediction,
        next((one.seen for one in frames if one.seen), None),
        next((one.warning for one in frames if one.warning), ""),
        (summary.describe(),),
    )


def _known(model: Model, clip: InputClip) -> dict[int, PredictedImage]:
    return session.FRAMES.get().setdefault((model.key, clip.clip.sha256), {})


def _classify(model: Model, clip: InputClip, missing: Sequence[int]) -> None:
    name = escape_markdown(shorten(clip.clip.name))
    waiting: dict[int, Decoded] = {}
    place = st.empty()
    with place.container(), closing(requests.frames(clip.clip, missing[0], missing[-1] + 1)) as frames:
        bar = st.progress(0.0, f"Classifying {name} …")
        for number, frame in enumerate(frames, missing[0]):
            if number in missing:
                waiting[number] = frame
            if len(waiting) == _AT_ONCE or number == missing[-1]:
                _take(model, clip, waiting)
                waiting = {}
                done = f"frame {number + 1} of {clip.frames}"
                bar.progress((number + 1) / clip.frames, f"Classifying {name}: {done} …")
    place.empty()


def _take(model: Model, clip: InputClip, frames: dict[int, Decoded]) -> None:
    """Classify some frames, and keep their predictions without arrays."""
    predictions = requests.classify(model, [frame.pixels for frame in frames.values()])
    located = [locate(frame.pixels, model.bundle.manifest.shared_frames) for frame in frames.values()]
    hashes = pd.DataFrame(
        {
            "sha256": [pixel_hash(frame.pixels) for frame in frames.values()],
            "fingerprint": [content_fingerprint(one.content) for one in located],
        }
    )
    seen = seen_in_training(model.bundle, hashes)
    known = _known(model, clip)
    nothing = np.empty(0, np.float32), np.empty(0, np.uint8)
    for number, prediction, match, place in zip(frames, predictions, seen, located, strict=True):
        kept = prediction._replace(saliency=nothing[0], image=nothing[1])
        known[number] = PredictedImage(clip.clip.name, "", kept, match, frame_warning(place))
