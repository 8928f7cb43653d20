"""Predictions as table rows: the columns of ``predict`` and of the app's downloads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core import csv_table
from core.evaluation.predictions import probability_columns
from core.images import crop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.bundle.training_overlap import Seen
    from core.images.frame import Box
    from core.inference.classifier import Prediction

SEEN_COLUMNS = ("seen_in_training", "seen_by")
_SPECIAL = re.compile(r"[\\;]")


class PredictedImage(NamedTuple):
    """An image and its prediction.

    Attributes:
        file: name of the file.
        sha256: SHA-256 of the pixels; of a clip, that of the clip: see ``core.images.clip.Clip``.
        prediction: prediction of the model.
        seen: training or validation image that it matches, or None.
        warning: sentences on a frame around the ultrasound image, or ''.
        notes: what decoding had to change, a sentence each.
        crop: rectangle of the image as decoded whose pixels these are, or None for all of them.
        proposal: rectangle of these pixels to crop to where there is a warning, or None.
    """

    file: str
    sha256: str
    prediction: Prediction
    seen: Seen | None
    warning: str = ""
    notes: tuple[str, ...] = ()
    crop: Box | None = None
    proposal: Box | None = None


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


def tabulate(predictions: Sequence[Prediction], class_names: Sequence[str]) -> pd.DataFrame:
    """Return one row per prediction with ``prediction_columns``; ``possible`` holds lists of class names."""
    rows = [
        (
            prediction.predicted_class,
            *prediction.probabilities.values(),
            list(prediction.possible),
            prediction.distance,
            prediction.unlike_training,
        )
        for prediction in predictions
    ]
    return pd.DataFrame(rows, columns=prediction_columns(class_names))


def tabulate_seen(seen: Sequence[Seen | None]) -> pd.DataFrame:
    """Return one row per image with ``SEEN_COLUMNS``: the matching file and by what; empty without any."""
    return pd.DataFrame([one or ("", "") for one in seen], columns=list(SEEN_COLUMNS))


def join_classes(names: Iterable[str]) -> str:
    r"""Join class names with semicolons for a cell of a CSV file.

    A semicolon or backslash within a name gets a backslash in front: ``a; b`` is ``a\; b``.
    """
    return "; ".join(_SPECIAL.sub(r"\\\g<0>", name) for name in names)


def tabulate_images(
    images: Sequence[PredictedImage], class_names: Sequence[str], origin: Origin
) -> pd.DataFrame:
    """Return one row per image: file, hash, crop, prediction, ``SEEN_COLUMNS``, warning, notes and origin."""
    table = tabulate([image.prediction for image in images], class_names)
    table.insert(0, "file", [image.file for image in images])
    table.insert(1, "sha256", [image.sha256 for image in images])
    table.insert(2, "crop", [crop.write(image.crop) for image in images])
    return table.join(tabulate_seen([image.seen for image in images])).assign(
        warning=[image.warning for image in images],
        notes=[" ".join(image.notes) for image in images],
        **origin._asdict(),
    )


def to_csv(table: pd.DataFrame, *, header: bool = True) -> str:
    """Return predictions, with lists of class names in the column ``possible``, as CSV.

    Args:
        table: rows of predictions.
        header: whether the names of the columns come first.
    """
    return csv_table.to_csv(table.assign(possible=table["possible"].map(join_classes)), header=header)


def to_json(table: pd.DataFrame) -> str:
    """Return the rows of ``tabulate_images`` as a JSON list of objects."""
    return json.dumps(table.to_dict("records"), indent=2, ensure_ascii=False)
