"""Predictions for files as one table."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.images import crop
from core.images.local import ALL
from core.inference import predict as inference
from core.inference.read_images import read_images

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from core.inference.classifier import Classifier
    from core.inference.read_images import ListedFile, ReadImage, Reading


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


def is_killed_once(files: Sequence[ListedFile], reading: Reading) -> Iterator[list[ReadImage]]:
    """Read images, but be killed the first time, as the system does for want of memory."""
    mark = Path(files[0].path).with_suffix(".killed")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield from read_images(files, reading)
