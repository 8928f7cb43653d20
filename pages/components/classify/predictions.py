"""The model's predictions for the visitor's images, each computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.bundle import training_overlap
from core.data.duplicates.fingerprint import content_fingerprint
from core.data.image_facts import pixel_hash
from core.data.shared_frames import locate
from core.inference.frame_warning import frame_warning
from core.inference.occlusion import occlusion_map
from core.inference.prediction_table import Origin, PredictedImage
from pages.components.shared import open_models, requests, session

if TYPE_CHECKING:
    from core.inference.occlusion import OcclusionMap
    from pages.components.shared.input_image import InputImage


def predictions(model: open_models.Model) -> list[PredictedImage]:
    """Return the model's prediction for each of the visitor's images.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: the queue is full.
    """
    known, images = session.PREDICTED.get(), session.IMAGES.get()
    new = [image for image in images if (model.key, image.sha256) not in known]
    if new:
        predicted = requests.classify(model, [image.pixels for image in new])
        frames = model.bundle.manifest.shared_frames
        located = [locate(image.pixels, frames) for image in new]
        hashes = pd.DataFrame(
            {
                "sha256": [pixel_hash(image.pixels) if image.clip else image.sha256 for image in new],
                "fingerprint": [content_fingerprint(one.content) for one in located],
            }
        )
        seen = training_overlap.seen_in_training(model.bundle, hashes)
        for image, prediction, match, place in zip(new, predicted, seen, located, strict=True):
            known[model.key, image.sha256] = PredictedImage(
                image.name,
                image.sha256,
                prediction,
                match,
                frame_warning(place),
                image.notes,
            )
    return [known[model.key, image.sha256] for image in images]


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
