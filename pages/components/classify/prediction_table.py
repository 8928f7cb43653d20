"""The predictions for all images as a table, and as files to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.evaluation.predictions import probability_columns
from core.inference.prediction_table import tabulate_images, to_csv, to_json
from pages.components.classify import checks
from pages.components.classify.predictions import origin
from pages.components.shared import crops, data_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inference.prediction_table import PredictedImage
    from pages.components.shared.open_models import Model

_PROBABILITY_WIDTH = 100  # pixels


def draw(model: Model, predicted: Sequence[PredictedImage]) -> None:
    """Draw the table, with the reasons not to trust a prediction, and the downloads."""
    manifest = model.bundle.manifest
    table = tabulate_images(predicted, manifest.class_names, origin(model))
    images = crops.shown()
    true = [image.true_class or "" for image in images]
    if any(true):
        table.insert(2, "true_class", true)
    columns = probability_columns(manifest.class_names)
    st.subheader(
        "All images",
        help="The downloads also hold the crop, the distance to the training data, the matching training "
        "image, the model, its commit on the Hub (empty for a local folder) and the SHA-256 of its "
        "bundle.json, so that a prediction can be traced to its network.",
    )
    # What makes a prediction worthless, in one column: more would be cut off on a narrow screen.
    found = [
        ", ".join(finding.title for finding in checks.of_prediction(model, image, one))
        for image, one in zip(images, predicted, strict=True)
    ]
    data_table.draw(
        table.assign(checks=found),
        column_order=[
            "file",
            *(["crop"] if any(table["crop"]) else []),
            *(["true_class"] if any(true) else []),
            "predicted_class",
            *columns,
            *(["checks"] if any(found) else []),
        ],
        column_config={
            "file": "image",
            "crop": "crop (x, y, width, height)",
            "true_class": "true class",
            "predicted_class": "predicted class",
            "checks": st.column_config.TextColumn("warnings", width="medium"),
            **{
                column: st.column_config.ProgressColumn(
                    name, format="%.3f", min_value=0, max_value=1, width=_PROBABILITY_WIDTH
                )
                for name, column in zip(manifest.class_names, columns, strict=True)
            },
        },
        alt=f"Predictions for {len(table)} image{'s' if len(table) > 1 else ''}",
    )
    with st.container(horizontal=True):
        for kind, text, mime in (
            ("CSV", to_csv(table), "text/csv"),
            ("JSON", to_json(table), "application/json"),
        ):
            st.download_button(
                f"Download as {kind}",
                text,
                f"predictions.{kind.lower()}",
                mime,
                icon=":material/download:",
                on_click="ignore",
            )
