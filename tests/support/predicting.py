"""Predictions for files as one table."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.images import crop
from core.images.local import ALL
from core.inference import predict as inference

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from core.inference.classifier import Classifier


class Predicted(NamedTuple):
    table: pd.DataFrame
    masks: int
    named_like_masks: list[str]
    left_out: Counter[str]
    remark: str


def quiet(*_: object) -> None:
    """Report no progress."""


def predict(
    classifier: Classifier,
    paths: Sequence[Path],
    progress: Callable[..., None] = quiet,
    frame: str = ALL,
    cropping: crop.Choice = crop.NONE,
) -> Predicted:
    """Classify files and folders, and return all rows together."""
    with TemporaryDirectory() as folder:
        rows = inference.predict(classifier, paths, Path(folder) / "parts", progress, frame, cropping)
        table = pd.concat(list(rows), ignore_index=True)
    return Predicted(table, rows.masks, rows.named_like_masks, rows.left_out, rows.remark)
