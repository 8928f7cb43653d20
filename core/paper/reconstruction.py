"""What the paper's numbers imply, computed from BUSI's counts. Inference, not the paper's own words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from core.paper import grim, statements

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGITS = 4
"""Of the shares in Table 3."""

CANDIDATES = {
    "images and masks": ("images", "masks"),
    "images alone": ("images",),
    "masks alone": ("masks",),
}
"""What may have been taken for images: the name of the reading, and the kinds of BUSI's files."""


def table_3(measure: str) -> list[grim.Share]:
    """Return the paper's ten shares of ``accuracy`` or ``val_accuracy``."""
    return [grim.Share(round(value * 10**DIGITS), DIGITS) for value in statements.history()[measure]]


def part_sizes(files: Iterable[int]) -> dict[str, int]:
    """Split each class as the paper's sizes imply, and add up: ``train``, ``validation``, ``test``.

    The test set is the whole tenth of each class; the validation set is the whole fifth of the rest, as
    ``validation_split=0.2`` of Keras's ImageDataGenerator takes it.

    Args:
        files: the number of files of each class.
    """
    sizes = {"train": 0, "validation": 0, "test": 0}
    for count in files:
        test = count // 10
        validation = int(0.2 * (count - test))
        sizes["test"] += test
        sizes["validation"] += validation
        sizes["train"] += count - test - validation
    return sizes


def readings() -> pd.DataFrame:
    """Try what may have been taken for images.

    Returns:
        One row for each of ``CANDIDATES``: ``reading``, ``files``, the three sizes of ``part_sizes``,
        ``steps`` (training batches of 8 in an epoch), and ``fits``: whether Table 3 and the paper's
        steps per epoch leave this reading.
    """
    rows = []
    for reading, kinds in CANDIDATES.items():
        counts = [
            sum(statements.BUSI_FILES_BY_CLASS[kind][name] for kind in kinds) for name in statements.CLASSES
        ]
        sizes = part_sizes(counts)
        steps = math.ceil(sizes["train"] / 8)
        fits = (
            _fits("accuracy", sizes["train"])
            and _fits("val_accuracy", sizes["validation"])
            and str(steps) == statements.TRAINING["steps per epoch"]
        )
        rows.append({"reading": reading, "files": sum(counts), **sizes, "steps": steps, "fits": fits})
    return pd.DataFrame(rows)


def errors_that_round_to(percent: int, images: int) -> list[int]:
    """Return the numbers of errors among so many images whose accuracy rounds to a whole percent."""
    return [errors for errors in range(images + 1) if round(100 * (images - errors) / images) == percent]


def _fits(measure: str, size: int) -> bool:
    shares = table_3(measure)
    return int(grim.fitting(shares, pd.Series([size]).to_numpy())[0]) == len(shares)
