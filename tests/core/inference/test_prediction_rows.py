"""Rows of parts in order: clips whose frames lie in several parts, masks in others, nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from clips import sweep
from predicting import predict
from visit import FIRST, MODELS, png

from core.images.local import ALL
from core.inference import prediction_parts
from core.inference.classifier import Classifier

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 40


@pytest.fixture
def folder(tmp_path: Path, upload) -> Path:
    """A clip of 40 frames in files, an image between them, and an image with its mask far behind."""
    for number, frame in enumerate(sweep(FRAMES)):
        (tmp_path / f"f{number}.png").write_bytes(png(frame))
    (tmp_path / "f2 spare.png").write_bytes(png(upload[1]))
    (tmp_path / "a1.png").write_bytes(png(upload[1]))
    mask = np.zeros_like(upload[1])
    mask[40:90, 50:120] = 255
    (tmp_path / "z").mkdir()
    for name in ("a1_mask.png", "z/a1_mask.png"):
        (tmp_path / name).write_bytes(png(mask))
    return tmp_path


@pytest.mark.slow
def test_the_size_of_the_parts_changes_no_row(folder, monkeypatch) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    whole = predict(classifier, [folder])
    monkeypatch.setattr(prediction_parts, "TASK_FILES", 4)
    monkeypatch.setattr(prediction_parts, "_PART_FILES", 8)
    parts = predict(classifier, [folder])
    exact = [column for column in whole.table if column != "distance"]
    pd.testing.assert_frame_equal(parts.table[exact], whole.table[exact])
    # Distances of images are computed together, and round by how many these are.
    assert parts.table["distance"].to_numpy() == pytest.approx(whole.table["distance"].to_numpy(), abs=1e-6)
    assert (parts.masks, parts.named_like_masks) == (whole.masks, whole.named_like_masks) == (2, [])
    names = [file.removeprefix(f"{folder}/") for file in whole.table["file"]]
    numbered = sorted([*(f"f{number}.png" for number in range(FRAMES)), "f2 spare.png"])
    assert names == ["a1.png", *numbered, "f*.png"]
    frames = dict(zip(names, whole.table["frame"], strict=True))
    assert (frames["f10.png"], frames["f9.png"], frames["f2 spare.png"]) == (11, 10, "")
    assert whole.table["frame"].tolist()[-1] == ALL
    assert "Mean probability over 40 frames" in whole.table["notes"].tolist()[-1]
