"""What teachers say of training images that they did not see: what a student may learn from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle import tables
from core.bundle.manifest import OUT_OF_FOLD
from core.bundle.tables import COLUMNS
from core.errors import UserError
from core.evaluation.predictions import probability_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


def read(path: Path, split: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Read the out-of-fold predictions of a cross-validation inside the training set.

    Every image that a teacher saw stands in that table, whatever fold it was in. So a table of nothing but
    the student's training images proves that no other image, nor a copy of one, can reach the student.

    Args:
        path: ``out_of_fold.parquet``.
        split: the student's, each file with its part.
        class_names: the student's C classes.

    Returns:
        A row per training image, in the split's order: ``file`` and a probability per class.

    Raises:
        UserError: there is no such table, its classes differ, it lacks a training image, or its teachers
            saw an image that is none.
    """
    columns = probability_columns(class_names)
    try:
        table = tables.read(path, [*COLUMNS[OUT_OF_FOLD], *columns])
    except (OSError, ValueError) as error:
        raise UserError(
            f"the soft labels {path} cannot be read ({error}); give the out_of_fold.parquet that "
            "cross-validate --inside-training set wrote for the same classes."
        ) from None
    training = split[split["part"] == "train"]
    others = int((~table["sha256"].drop_duplicates().isin(training["sha256"])).sum())
    if others:
        raise UserError(
            f"the teachers of {path} saw {others} images that are none of this training's training "
            "images; cross-validate them with --inside-training set and the same DATA and --seed."
        )
    by_pixels = table.drop_duplicates("sha256").set_index("sha256")[columns]
    missing = training[~training["sha256"].isin(by_pixels.index)]
    if len(missing):
        raise UserError(
            f"the soft labels {path} miss {len(missing)} of {len(training)} training images, "
            f"{missing['file'].iloc[0]!r} among them; cross-validate with the same DATA and --seed."
        )
    soft = by_pixels.loc[training["sha256"]].reset_index(drop=True)
    soft.insert(0, "file", training["file"].to_numpy())
    return soft
