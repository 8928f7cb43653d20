"""The report on the selected image, as a file that is made when somebody asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.data.image_facts import pixel_hash
from core.errors import UserError
from core.figures.style import class_colours
from core.inference.report import render
from core.inference.report_content import ClipPart, CropPart, Report, describe_limits
from pages.components.classify import checks, similar_images, verdict
from pages.components.classify.predictions import origin
from pages.components.shared import open_models
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import PredictedImage
    from pages.components.classify.clip_predictions import ClipPrediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model


def draw(
    model: Model,
    image: InputImage,
    predicted: PredictedImage,
    whole: Prediction,
    clip: ClipPrediction | None,
) -> None:
    """Draw the buttons that download the report, without and with the file's name.

    They are two, since what a tick box says reaches the server later than a click that follows at once.

    Args:
        model: the model.
        image: the selected image, as it is cropped.
        predicted: the prediction for it.
        whole: the prediction for the whole image.
        clip: the predictions for the clip that it is a frame of, or None.
    """
    manifest = model.bundle.manifest
    coverage = verdict.coverage_at_home(model).overall
    make = partial(
        _make,
        model,
        image,
        predicted.prediction,
        crop=CropPart(image.crop, whole) if image.crop else None,
        clip=_clip(clip, image) if clip else None,
        findings=tuple(checks.in_words(model, image, predicted)),
        limits=describe_limits(manifest, open_models.metrics(model), coverage),
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download report",
            make,
            "report.html",
            "text/html",
            icon=":material/description:",
            key=Key.REPORT,
            on_click="ignore",
            help="One page to print: image, prediction, similar images, the model and its limits. It has "
            "neither the file’s name nor header data of a DICOM file. Text that is burned into the image "
            "stays in it.",
        )
        st.download_button(
            "With file name",
            partial(make, file=image.clip.clip.name if image.clip else image.name),
            "report.html",
            "text/html",
            type="tertiary",
            key=Key.REPORT_NAME,
            on_click="ignore",
            help="The same report, with the name of the file.",
        )


def _clip(clip: ClipPrediction, image: InputImage) -> ClipPart:
    numbers = sorted(clip.frames)
    return ClipPart(
        tuple(filter(None, clip.summary.in_sentences(cropped=image.crop is not None))),
        tuple(number + 1 for number in numbers),
        np.array([list(clip.frames[number].probabilities.values()) for number in numbers]),
        image.frame + 1,
    )


def _make(model: Model, image: InputImage, prediction: Prediction, **said: Any) -> str:
    """Return the report as HTML; it is called where nothing can be drawn."""
    try:
        similar, _ = similar_images.find(model, image, prediction, wait=False)
    except UserError:  # the panel above says why
        similar = []
    return render(
        Report(
            pixels=image.whole.pixels,
            sha256=pixel_hash(image.whole.pixels),
            prediction=prediction,
            manifest=model.bundle.manifest,
            origin=origin(model),
            colours=class_colours(model.bundle.manifest.class_names),
            similar=tuple(similar),
            created=datetime.now(UTC),
            true_class=image.true_class,
            changed=bool(image.notes),
            **said,
        )
    )
