"""Reconstruction of the paper's data from its numbers and from BUSI's file counts: inferred, not stated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from core.paper import grim, statements

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGITS = 4
"""Digits of the shares in Table 3."""

CANDIDATES = {
    "images and masks": ("images", "masks"),
    "images alone": ("images",),
    "masks alone": ("masks",),
}
"""Hypotheses on the files that were used as images: name → kinds of BUSI's files."""


def table_3(measure: str) -> list[grim.Share]:
    """Return the ten shares of Table 3 in the column ``accuracy`` or ``val_accuracy``."""
    return [grim.Share(round(value * 10**DIGITS), DIGITS) for value in statements.history()[measure]]


def set_sizes(files: Iterable[int]) -> dict[str, int]:
    """Return the sizes of the sets ``train``, ``validation`` and ``test``, split as the paper's sizes imply.

    Of each class the test set is a tenth, rounded down, and the validation set a fifth of the rest, rounded
    down as ``validation_split=0.2`` of Keras's ImageDataGenerator does.

    Args:
        files: number of files of each class.
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
    """Test the hypotheses on the files that were used as images.

    Returns:
        One row for each of ``CANDIDATES``: ``reading`` (its name), ``files``, the sizes of ``set_sizes``,
        ``steps`` (batches of 8 per epoch) and ``fits`` (consistent with Table 3 and the paper's steps per
        epoch).
    """
    rows = []
    for reading, kinds in CANDIDATES.items():
        counts = [
            sum(statements.BUSI_FILES_BY_CLASS[kind][name] for kind in kinds) for name in statements.CLASSES
        ]
        sizes = set_sizes(counts)
        steps = math.ceil(sizes["train"] / 8)
        fits = (
            _fits("accuracy", sizes["train"])
            and _fits("val_accuracy", sizes["validation"])
            and str(steps) == statements.TRAINING["steps per epoch"]
        )
        rows.append({"reading": reading, "files": sum(counts), **sizes, "steps": steps, "fits": fits})
    return pd.DataFrame(rows)


def errors_that_round_to(percent: int, images: int) -> list[int]:
    """Return the numbers of errors for which the accuracy rounds to a given percentage.

    Args:
        percent: accuracy, whole percent.
        images: number of test images.
    """
    return [errors for errors in range(images + 1) if round(100 * (images - errors) / images) == percent]


def _fits(measure: str, size: int) -> bool:
    shares = table_3(measure)
    return int(grim.fitting(shares, pd.Series([size]).to_numpy())[0]) == len(shares)
