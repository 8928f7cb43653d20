"""The answers for several pictures as rows that leave the app: each says which model gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from core.evaluation.predictions import probability_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.inference.classifier import Prediction


class PredictedImage(NamedTuple):
    """A picture's name and pixel hash, the answer, and the training picture that it is a copy of, or ''."""

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


def rows(pictures: Sequence[PredictedImage], origin: Origin) -> list[dict[str, Any]]:
    """Return one row per picture, named as in ``core.inference.predict.predict``, followed by the origin."""
    return [
        {
            "file": picture.file,
            "sha256": picture.sha256,
            "predicted_class": picture.prediction.predicted_class,
            **dict(
                zip(
                    probability_columns(list(picture.prediction.probabilities)),
                    picture.prediction.probabilities.values(),
                    strict=True,
                )
            ),
            "possible": list(picture.prediction.possible),
            "distance": picture.prediction.distance,
            "unlike_training": picture.prediction.unlike_training,
            "seen_in_training": picture.seen,
            **origin._asdict(),
        }
        for picture in pictures
    ]


def to_csv(answers: Sequence[dict[str, Any]]) -> str:
    """Write rows as CSV; the possible classes are joined by '; '."""
    table = pd.DataFrame([row | {"possible": "; ".join(row["possible"])} for row in answers])
    return table.to_csv(index=False)


def to_json(answers: Sequence[dict[str, Any]]) -> str:
    """Write rows as a JSON list of objects."""
    return json.dumps(answers, indent=2, ensure_ascii=False)
