"""Parts of many rows take little memory while they are made and read, and are seen to be complete."""

from __future__ import annotations

import pickle
import tracemalloc
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from predicting import quiet
from visit import FIRST, MODELS, png

from core.images import crop
from core.images.local import ALL
from core.inference import prediction_parts
from core.inference.classifier import Classifier
from core.inference.classify_files import TASK_FILES, ClassifiedImage, classify_files
from core.inference.image_search import Search
from core.inference.part_table import StoredFingerprints, is_complete, read_table
from core.inference.prediction_parts import PredictionParts, PredictionRequest
from core.inference.prediction_rows import PredictionRows
from core.inference.read_images import ListedFile, Reading, read_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = ("benign", "malignant", "normal")
PART_FILES = 32 * TASK_FILES
REQUEST = PredictionRequest(bundle_sha256="a", paths=("b",), frame=ALL, crop="none", current_folder="")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.from_bundle(MODELS / FIRST)


@pytest.fixture
def one(tmp_path: Path, upload, classifier) -> ClassifiedImage:
    """A classified image."""
    (tmp_path / "one.png").write_bytes(png(upload[1]))
    reading = Reading.of(classifier.bundle, ALL, crop.NONE)
    files = [ListedFile(str(tmp_path / "one.png"), True)]
    (image,) = classify_files(classifier, files, lambda these: read_images(these, reading), quiet)
    return image


def copies(one: ClassifiedImage, files: list[ListedFile], frames: int) -> list[ClassifiedImage]:
    """Return frames of files that share no memory, as if each came from a process."""
    frame = one.image._replace
    return [
        pickle.loads(pickle.dumps(one._replace(image=frame(place=place, file=file, frame=number))))  # noqa: S301
        for place, file in enumerate(files)
        for number in (range(frames) if frames > 1 else [None])
    ]


def search(folder: Path, count: int) -> Search:
    files = [folder / f"frame-{number:06d}.png" for number in range(count)]
    return Search(files, frozenset(), (folder,), Counter())


@contextmanager
def megabytes() -> Iterator[Callable[[], float]]:
    """Yield what tells the most that this process has taken in the block."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield lambda: (tracemalloc.get_traced_memory()[1] - before) / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_clips_of_a_part_take_memory_for_their_rows_alone(one, tmp_path) -> None:
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, search(tmp_path, PART_FILES), NAMES)
    with megabytes() as taken:
        parts.write(0, (copies(one, task, frames=20) for task in parts.tasks([0])))
        most = taken()
    assert len(parts.read(0, ["frame"])) == PART_FILES * 20
    assert most < 20  # all images as objects took 60


def test_a_clip_of_too_many_files_is_not_kept_until_its_last_one(one, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(prediction_parts, "_PART_FILES", TASK_FILES)
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, search(tmp_path, 6400), NAMES)
    for number in parts.numbers:
        parts.write(number, [copies(one, parts.task(number, 0), 1)])
    rows = PredictionRows(parts, [0.5] * 3, sum_up_clips=True)
    with megabytes() as taken:
        (clip,) = [row for table in rows for row in table["problem"] if row]
        most = taken()
    assert "has 6,400 frames, more than 600; keep one file in 11" in clip
    assert most < 10  # its rows took 30


def test_a_part_is_complete_with_all_of_its_fingerprints(one, tmp_path) -> None:
    parts = PredictionParts.begin(tmp_path / "work", REQUEST, search(tmp_path, 3), NAMES)
    table, fingerprints = (tmp_path / "work" / f"part-000000.{end}" for end in ("parquet", "fingerprints"))
    assert not is_complete(table, fingerprints, NAMES)
    parts.write(0, [copies(one, parts.task(0, 0), 1)])
    assert is_complete(table, fingerprints, NAMES)
    assert not is_complete(table, fingerprints, ("other", *NAMES[1:]))
    assert read_table(table, ["frame"])["frame"].to_pylist() == [-1] * 3
    known = one.image.viewed.whole.fingerprint
    assert list(parts.fingerprints([2, 0])) == [known] * 2
    assert list(StoredFingerprints([fingerprints], [0, 3], [0, 1, 2])[1:]) == [known] * 2
    fingerprints.unlink()
    assert not is_complete(table, fingerprints, NAMES)
