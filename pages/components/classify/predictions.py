"""The model's predictions for the visitor's images, each computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.inference.examine import examine, seen
from core.inference.occlusion import occlusion_map
from core.inference.prediction_table import Origin, PredictedImage
from pages.components.shared import crops, open_models, requests, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inference.occlusion import OcclusionMap
    from pages.components.shared.input_image import InputImage


def predictions(model: open_models.Model) -> list[PredictedImage]:
    """Return the model's prediction for each of the visitor's images, as they are cropped.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: the queue is full.
    """
    return predict(model, crops.shown())


def predict(model: open_models.Model, images: Sequence[InputImage]) -> list[PredictedImage]:
    """Return the model's prediction for each of N images, and know that for the whole image of a crop.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: the queue is full.
    """
    known = session.PREDICTED.get()
    wanted = {one.sha256: one for image in images for one in (image, image.whole)}
    new = [image for sha256, image in wanted.items() if (model.key, sha256) not in known]
    if new:
        predicted = requests.classify(model, [image.pixels for image in new])
        frames = model.bundle.manifest.shared_frames
        examined = [examine(image.pixels, frames) for image in new]
        matches = seen(model.bundle, examined)
        for image, prediction, match, one in zip(new, predicted, matches, examined, strict=True):
            known[model.key, image.sha256] = PredictedImage(
                image.name, image.sha256, prediction, match, one.warning, proposal=one.proposal
            )
    return [
        # A crop may have the pixels of another image, and a part of a seen image has been seen too.
        known[model.key, image.sha256]._replace(
            file=image.name,
            notes=image.notes,
            crop=image.crop,
            seen=known[model.key, image.sha256].seen or known[model.key, image.whole.sha256].seen,
        )
        for image in images
    ]


def origin(model: open_models.Model) -> Origin:
    """Return the columns that name the model of a prediction."""
    return Origin(model.label, model.commit or "", model.key)


def occlusion(model: open_models.Model, image: InputImage) -> OcclusionMap:
    """Return an image's occlusion map, with a progress bar while it is computed.

    Raises:
        BundleError: the network cannot be loaded.
    """
    known = session.OCCLUSION_MAPS.get()
    if (model.key, image.sha256) not in known:
        bar = st.progress(0.0, "Computing the occlusion map …")
        known[model.key, image.sha256] = occlusion_map(
            open_models.classifier(model),
            image.pixels,
            lambda done, count: bar.progress(
                done / count, f"Computing the occlusion map: {done} of {count} …"
            ),
        )
        bar.empty()
    return known[model.key, image.sha256]
