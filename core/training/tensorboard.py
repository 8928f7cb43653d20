"""``history.csv`` as the event files that TensorBoard reads, named as Keras's own callback names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

# The run, the tag, and the column of history.csv: training and validation share a chart.
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
    """Event files of one training, a run for training and one for validation.

    They always hold what ``history.csv`` holds: a training that goes on after a kill writes its earlier
    epochs anew, so that none is missing or there twice.
    """

    def __init__(self, folder: Path, history: pd.DataFrame) -> None:
        """Write the epochs so far.

        Args:
            folder: of this training alone; its event files of an earlier run are replaced, nothing else is.
            history: a row per finished epoch, with the columns of ``history.csv``.
        """
        for old in folder.glob(f"*/events.out.tfevents.*{_SUFFIX}"):
            old.unlink()
        self._writers = {
            run: tf.summary.create_file_writer(str(folder / run), filename_suffix=_SUFFIX)
            for run in ("train", "validation")
        }
        for row in history.to_dict("records"):
            self.add(row)

    def add(self, row: dict[str, float]) -> None:
        """Write one finished epoch: a row of ``history.csv``."""
        metadata = SummaryMetadata(plugin_data={"plugin_name": "scalars"})
        for run, tag, column in _CURVES:
            with self._writers[run].as_default():
                # What tf.summary.scalar does, which needs TensorBoard itself to be installed.
                tf.summary.write(tag, tf.constant(row[column], tf.float32), int(row["epoch"]), metadata)
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
