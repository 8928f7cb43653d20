"""The answers for several images as rows that leave the app: each says which model gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from core.evaluation.predictions import probability_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inference.classifier import Prediction


class PredictedImage(NamedTuple):
    """An image's name and pixel hash, the answer, and the training image that it is a copy of, or ''."""

    file: str
    sha256: str
    prediction: Prediction
    seen: str


class Origin(NamedTuple):
    """What gave the answers.

    Attributes:
        model: its label.
        commit: of the Hub, or '' for a local folder.
        bundle_sha256: of its ``bundle.json``, which holds the hash of every other file.
    """

    model: str
    commit: str
    bundle_sha256: str


def rows(images: Sequence[PredictedImage], origin: Origin) -> list[dict[str, Any]]:
    """Return one row per image, named as in ``core.inference.predict.predict``, followed by the origin."""
    return [
        {
            "file": image.file,
            "sha256": image.sha256,
            "predicted_class": image.prediction.predicted_class,
            **dict(
                zip(
                    probability_columns(list(image.prediction.probabilities)),
                    image.prediction.probabilities.values(),
                    strict=True,
                )
            ),
            "possible": list(image.prediction.possible),
            "distance": image.prediction.distance,
            "unlike_training": image.prediction.unlike_training,
            "seen_in_training": image.seen,
            **origin._asdict(),
        }
        for image in images
    ]


def to_csv(answers: Sequence[dict[str, Any]]) -> str:
    """Write rows as CSV; the possible classes are joined by '; '."""
    table = pd.DataFrame([row | {"possible": "; ".join(row["possible"])} for row in answers])
    return table.to_csv(index=False)


def to_json(answers: Sequence[dict[str, Any]]) -> str:
    """Write rows as a JSON list of objects."""
    return json.dumps(answers, indent=2, ensure_ascii=False)
