"""Images of an evaluation: the same numbers in one process and in several, and lesions by their masks."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from visit import FIRST, MODELS, png

from core.bundle.folder import open_bundle
from core.errors import UserError
from core.inference import evaluated_images
from core.inference.classifier import Classifier
from core.inference.evaluated_images import ImageFiles, evaluate_images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(open_bundle(MODELS / FIRST), threads=1)


def files(folder: Path, pixels, count: int) -> list[ImageFiles]:
    mask = np.zeros_like(pixels)
    mask[20:90, 20:120] = 255
    (folder / "mask.png").write_bytes(png(mask))
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        path.write_bytes(png(np.roll(pixels, 3 * number, axis=1)))
        found.append(ImageFiles(path, (folder / "mask.png",) if number % 2 else ()))
    return found


def test_processes_give_the_numbers_of_one_process(classifier, tmp_path, upload, monkeypatch) -> None:
    images = files(tmp_path, upload[1], 7)
    alone = evaluate_images(classifier, images, lambda *_: None)
    monkeypatch.setattr(evaluated_images, "_TASK_FILES", 2)
    monkeypatch.setattr(evaluated_images, "usable_cores", lambda: 2)
    steps: list[tuple[int, int]] = []
    found = evaluate_images(classifier, images, lambda *step: steps.append(step))
    assert steps == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert [each.probabilities for each in found] == [each.probabilities for each in alone]
    expected = classifier.classify(np.roll(upload[1], 3, axis=1))
    assert found[1].probabilities == pytest.approx(list(expected.probabilities.values()), abs=1e-6)
    assert [each.pointing is None for each in found] == [True, False] * 3 + [True]
    share = 70 * 100 / upload[1][..., 0].size
    assert found[1].area == pytest.approx(share)
    assert np.isnan(found[0].area)


def ends(*_: object, **__: object) -> Iterator[None]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield


def test_a_process_that_ends_is_told_in_a_sentence(classifier, tmp_path, upload, monkeypatch) -> None:
    images = files(tmp_path, upload[1], 3)
    monkeypatch.setattr(evaluated_images, "_TASK_FILES", 2)
    monkeypatch.setattr(evaluated_images, "usable_cores", lambda: 2)
    monkeypatch.setattr(evaluated_images, "fit_images", ends)
    told = r"the process that read .*0\.png to .*1\.png ended \(signal SIGKILL\); run"
    with pytest.raises(UserError, match=told):
        evaluate_images(classifier, images, lambda *_: None)
