"""Files through decode processes and the network: the same predictions, none lost where a process ends."""

from __future__ import annotations

import os
import signal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clips import animation, sweep
from dicoms import dicom
from predicting import is_killed_once
from visit import FIRST, MODELS, png

from core import worker_processes
from core.bundle.folder import open_bundle
from core.images import crop
from core.inference import classify_files as module
from core.inference.classifier import Classifier
from core.inference.classify_files import classify_files, classify_in_processes
from core.inference.read_images import ListedFile, Reading, read_images
from core.worker_processes import LostProcessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.inference.read_images import ReadImage


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(open_bundle(MODELS / FIRST), threads=1)


def reading(classifier: Classifier) -> Reading:
    return Reading.of(classifier.bundle, "all", crop.NONE)


def listed(*paths: Path) -> list[ListedFile]:
    return [ListedFile(str(path), inside=True) for path in paths]


def silent(_: str) -> None:
    """A message that nobody reads."""


def test_processes_give_the_predictions_of_one_process_in_order(classifier, tmp_path, monkeypatch) -> None:
    tasks = []
    for task in range(5):
        for number, frame in enumerate(sweep(3)):
            (tmp_path / f"{task}-{number}.png").write_bytes(png(np.roll(frame, 9 * task, axis=1)))
        tasks.append(
            listed(*(tmp_path / f"{task}-{number}.png" for number in range(3)), tmp_path / "none.png")
        )
    monkeypatch.setattr(module, "usable_cores", lambda: 2)
    found = list(classify_in_processes(classifier, reading(classifier), tasks, len(tasks), silent))
    for task, images in zip(tasks, found, strict=True):
        expected = classify_files(
            classifier, task, lambda files: read_images(files, reading(classifier)), silent
        )
        assert [each.image.file for each in images] == task
        assert [each.image.problem for each in images] == [each.image.problem for each in expected]
        for each, other in zip(images[:3], expected[:3], strict=True):
            assert each.prediction.probabilities == other.prediction.probabilities
            assert each.image.fitted is None
        assert images[3].prediction is None


def test_frames_of_a_clip_that_ends_too_early_do_not_count(classifier, tmp_path) -> None:
    (tmp_path / "cut.dcm").write_bytes(dicom(np.stack(sweep(4)))[: -sweep(1)[0].size])
    (tmp_path / "loop.gif").write_bytes(animation(sweep(3)))
    said: list[str] = []
    found = classify_files(
        classifier,
        listed(tmp_path / "cut.dcm", tmp_path / "loop.gif"),
        lambda files: read_images(files, reading(classifier)),
        said.append,
    )
    assert [(each.image.place, each.image.frame) for each in found] == [(0, None), (1, 0), (1, 1), (1, 2)]
    assert [each.prediction is None for each in found] == [True, False, False, False]
    assert said == ["loop.gif, frame 3"]


def dies_of_bad(files: Sequence[ListedFile], reading: Reading) -> Iterator[list[ReadImage]]:
    """Read images; a file named bad ends the process, as a decoder may that is handed a hostile file."""
    for file in files:
        if Path(file.path).stem == "bad":
            os.kill(os.getpid(), signal.SIGSEGV)
    yield from read_images(files, reading)


def test_a_file_that_ends_its_process_costs_no_other_file_its_prediction(
    classifier, tmp_path, upload, monkeypatch
) -> None:
    for name in ("a", "bad", "c"):
        (tmp_path / f"{name}.png").write_bytes(png(upload[1]))
    monkeypatch.setattr(module, "usable_cores", lambda: 2)
    monkeypatch.setattr(module, "read_images", dies_of_bad)
    tasks = [listed(*sorted(tmp_path.glob("*.png"))), listed(tmp_path / "c.png")]
    found = list(chain(*classify_in_processes(classifier, reading(classifier), tasks, 2, silent)))
    assert [Path(each.image.file.path).stem for each in found] == ["a", "bad", "c", "c"]
    assert [each.prediction is None for each in found] == [False, True, False, False]
    told = "bad.png ended the process that read it (signal SIGSEGV); save or export it again, or remove it."
    assert found[1].image.problem.endswith(told)
    assert [each.image.place for each in found] == [0, 1, 2, 0]


@pytest.mark.slow
def test_a_file_alone_in_its_task_is_read_once_more(classifier, tmp_path, upload, monkeypatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.png").write_bytes(png(upload[1]))
    monkeypatch.setattr(module, "usable_cores", lambda: 2)
    monkeypatch.setattr(module, "read_images", is_killed_once)
    tasks = [listed(tmp_path / "a.png"), listed(tmp_path / "b.png")]
    found = list(chain(*classify_in_processes(classifier, reading(classifier), tasks, 2, silent)))
    assert [each.prediction is None for each in found] == [False, False]


def test_one_task_starts_no_process(classifier, tmp_path, upload, monkeypatch) -> None:
    (tmp_path / "a.png").write_bytes(png(upload[1]))

    def refuse(*_: object) -> None:
        raise LostProcessError("a process was started")

    monkeypatch.setattr(worker_processes, "_context", refuse)
    ((one,),) = classify_in_processes(
        classifier, reading(classifier), [listed(tmp_path / "a.png")], 1, silent
    )
    assert one.prediction is not None
