"""TensorBoard event files with the content of ``history.csv``, named as by Keras's callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

from core.bundle.tables import EpochRow

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

# Run, tag, column of history.csv; runs with the same tag share a chart.
_CURVES = (
    ("train", "epoch_loss", "loss"),
    ("train", "epoch_accuracy", "accuracy"),
    ("train", "epoch_learning_rate", "learning_rate"),
    ("train", "epoch_seconds", "seconds"),
    ("validation", "epoch_loss", "val_loss"),
    ("validation", "epoch_accuracy", "val_accuracy"),
)
_SUFFIX = ".history"


class EventFiles:
    """Event files of one training, with a run for training and one for validation metrics.

    A resumed training writes its earlier epochs again, so that none is missing or duplicated.
    """

    def __init__(self, folder: Path, history: pd.DataFrame) -> None:
        """Write the finished epochs.

        Args:
            folder: folder of this training; earlier event files of it are replaced.
            history: table with one row per finished epoch and the columns of ``history.csv``.
        """
        for old in folder.glob(f"*/events.out.tfevents.*{_SUFFIX}"):
            old.unlink()
        self._writers = {
            run: tf.summary.create_file_writer(str(folder / run), filename_suffix=_SUFFIX)
            for run in ("train", "validation")
        }
        for row in history[list(EpochRow._fields)].itertuples(index=False, name=None):
            self.add(EpochRow._make(row))

    def add(self, row: EpochRow) -> None:
        """Write one finished epoch."""
        metadata = SummaryMetadata(plugin_data={"plugin_name": "scalars"})
        for run, tag, column in _CURVES:
            with self._writers[run].as_default():
                # As tf.summary.scalar, which would need the package TensorBoard.
                tf.summary.write(tag, tf.constant(getattr(row, column), tf.float32), row.epoch, metadata)
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
