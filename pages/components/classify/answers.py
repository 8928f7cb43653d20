"""The model's answers for the visitor's pictures; each is computed once in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.bundle import training_overlap
from core.inference.occlusion import occlusion_map
from core.inference.prediction_table import Origin, PredictedImage
from pages.components.shared import open_models, requests
from pages.components.shared.pictures import pictures

if TYPE_CHECKING:
    from core.inference.occlusion import OcclusionMap
    from pages.components.shared.pictures import InputImage


def answers(model: open_models.Model) -> list[PredictedImage]:
    """Return the model's answer for each of the visitor's pictures.

    Raises:
        BundleError: the network or the bundle's split table cannot be read.
        BusyError: too many wait already.
    """
    known: dict[tuple[str, str], PredictedImage] = st.session_state.setdefault("answers", {})
    new = [picture for picture in pictures() if (model.key, picture.sha256) not in known]
    if new:
        with st.spinner(f"Classifying {len(new)} picture(s) …"):
            predictions = requests.classify(model, [picture.pixels for picture in new])
            rows = pd.DataFrame(
                {
                    "sha256": [picture.sha256 for picture in new],
                    "fingerprint": [picture.fingerprint for picture in new],
                }
            )
            seen = training_overlap.seen_in_training(model.bundle, rows)
        for picture, prediction, file in zip(new, predictions, seen, strict=True):
            known[model.key, picture.sha256] = PredictedImage(picture.name, picture.sha256, prediction, file)
    return [known[model.key, picture.sha256] for picture in pictures()]


def origin(model: open_models.Model) -> Origin:
    """Return what a row of answers says of the model that gave it."""
    return Origin(model.label, model.commit or "", model.key)


def occlusion(model: open_models.Model, picture: InputImage) -> OcclusionMap:
    """Return a picture's occlusion map, and show how far it is while it is being computed.

    Raises:
        BundleError: the network cannot be loaded.
    """
    known: dict[tuple[str, str], OcclusionMap] = st.session_state.setdefault("occlusion", {})
    if (model.key, picture.sha256) not in known:
        bar = st.progress(0.0, "Covering the picture part by part …")
        known[model.key, picture.sha256] = occlusion_map(
            open_models.classifier(model),
            picture.pixels,
            lambda done, count: bar.progress(
                done / count, f"Covering the picture part by part: {done} of {count} …"
            ),
        )
        bar.empty()
    return known[model.key, picture.sha256]
