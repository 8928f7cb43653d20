"""Predictions as table rows: the columns of ``predict`` and of the app's downloads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from core.evaluation.predictions import probability_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.inference.classifier import Prediction


class PredictedImage(NamedTuple):
    """An image and its prediction.

    Attributes:
        file: name of the file.
        sha256: SHA-256 of the pixels.
        prediction: prediction of the model.
        seen: training or validation image that it equals or nearly equals, or ''.
    """

    file: str
    sha256: str
    prediction: Prediction
    seen: str


class Origin(NamedTuple):
    """The model that made the predictions.

    Attributes:
        model: label of the model.
        commit: commit on the Hub, or '' for a local folder.
        bundle_sha256: SHA-256 of its ``bundle.json``, which has the hash of every other file.
    """

    model: str
    commit: str
    bundle_sha256: str


def prediction_columns(class_names: Sequence[str]) -> list[str]:
    """Return the names of the columns that hold a prediction, in order."""
    return ["predicted_class", *probability_columns(class_names), "possible", "distance", "unlike_training"]


def prediction_fields(prediction: Prediction) -> dict[str, Any]:
    """Return the values of ``prediction_columns``; ``possible`` is a list of class names."""
    values = (
        prediction.predicted_class,
        *prediction.probabilities.values(),
        list(prediction.possible),
        prediction.distance,
        prediction.unlike_training,
    )
    return dict(zip(prediction_columns(list(prediction.probabilities)), values, strict=True))


def join_classes(names: Iterable[str]) -> str:
    """Join class names for a cell of a CSV file."""
    return "; ".join(names)


def rows(images: Sequence[PredictedImage], origin: Origin) -> list[dict[str, Any]]:
    """Return one row per image: file, hash, prediction, ``seen_in_training`` and origin."""
    return [
        {
            "file": image.file,
            "sha256": image.sha256,
            **prediction_fields(image.prediction),
            "seen_in_training": image.seen,
            **origin._asdict(),
        }
        for image in images
    ]


def to_csv(table: Sequence[dict[str, Any]]) -> str:
    """Return rows as CSV."""
    joined = [row | {"possible": join_classes(row["possible"])} for row in table]
    return pd.DataFrame(joined).to_csv(index=False)


def to_json(table: Sequence[dict[str, Any]]) -> str:
    """Return rows as a JSON list of objects."""
    return json.dumps(table, indent=2, ensure_ascii=False)
