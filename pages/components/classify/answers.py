"""The model's answers for the visitor's images; each is computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.bundle import training_overlap
from core.inference.occlusion import occlusion_map
from core.inference.prediction_table import Origin, PredictedImage
from pages.components.shared import open_models, requests
from pages.components.shared.images import images

if TYPE_CHECKING:
    from core.inference.occlusion import OcclusionMap
    from pages.components.shared.images import InputImage


def answers(model: open_models.Model) -> list[PredictedImage]:
    """Return the model's answer for each of the visitor's images.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        QueueFullError: too many wait already.
    """
    known: dict[tuple[str, str], PredictedImage] = st.session_state.setdefault("answers", {})
    new = [image for image in images() if (model.key, image.sha256) not in known]
    if new:
        with st.spinner(f"Classifying {len(new)} image(s) …"):
            predictions = requests.classify(model, [image.pixels for image in new])
            rows = pd.DataFrame(
                {
                    "sha256": [image.sha256 for image in new],
                    "fingerprint": [image.fingerprint for image in new],
                }
            )
            seen = training_overlap.seen_in_training(model.bundle, rows)
        for image, prediction, file in zip(new, predictions, seen, strict=True):
            known[model.key, image.sha256] = PredictedImage(image.name, image.sha256, prediction, file)
    return [known[model.key, image.sha256] for image in images()]


def origin(model: open_models.Model) -> Origin:
    """Return what a row of answers says of the model that gave it."""
    return Origin(model.label, model.commit or "", model.key)


def occlusion(model: open_models.Model, image: InputImage) -> OcclusionMap:
    """Return an image's occlusion map, and show how far it is while it is being computed.

    Raises:
        BundleError: the network cannot be loaded.
    """
    known: dict[tuple[str, str], OcclusionMap] = st.session_state.setdefault("occlusion", {})
    if (model.key, image.sha256) not in known:
        bar = st.progress(0.0, "Covering the image part by part …")
        known[model.key, image.sha256] = occlusion_map(
            open_models.classifier(model),
            image.pixels,
            lambda done, count: bar.progress(
                done / count, f"Covering the image part by part: {done} of {count} …"
            ),
        )
        bar.empty()
    return known[model.key, image.sha256]
