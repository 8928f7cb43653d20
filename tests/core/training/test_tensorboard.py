"""Event files hold what history.csv holds, after a resumed training too."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import event_files
import pandas as pd

from core.bundle.tables import EpochRow
from core.training.tensorboard import EventFiles


def row(epoch: int) -> EpochRow:
    return EpochRow(
        epoch=epoch,
        loss=1 / epoch,
        accuracy=0.5,
        val_loss=2 / epoch,
        val_accuracy=0.25,
        learning_rate=0.01,
        seconds=3.0,
        phase="train",
    )


def test_each_epoch_is_there_once_when_a_training_is_resumed(tmp_path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "mine.txt").write_text("mine")
    first = EventFiles(tmp_path, pd.DataFrame(columns=list(EpochRow._fields)))
    for epoch in (1, 2):
        first.add(row(epoch))
    first.close()
    (tmp_path / "train" / "mine.txt").unlink()
    resumed = EventFiles(tmp_path, pd.DataFrame([row(1)]))
    resumed.add(row(2))
    resumed.close()
    points = event_files.scalars(tmp_path / "validation")
    assert points == [
        ("epoch_loss", 1, 2.0),
        ("epoch_accuracy", 1, 0.25),
        ("epoch_loss", 2, 1.0),
        ("epoch_accuracy", 2, 0.25),
    ]
    tags = [(tag, step) for tag, step, _ in event_files.scalars(tmp_path / "train")]
    names = ("epoch_loss", "epoch_accuracy", "epoch_learning_rate", "epoch_seconds")
    assert tags == [(name, epoch) for epoch in (1, 2) for name in names]


def test_other_files_in_the_folder_stay(tmp_path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "events.out.tfevents.other").write_bytes(b"another run")
    EventFiles(tmp_path, pd.DataFrame([row(1)])).close()
    assert (tmp_path / "train" / "events.out.tfevents.other").read_bytes() == b"another run"
