"""The images of a file, each with its prediction or with the reason why it has none."""

from __future__ import annotations

import numpy as np
import pytest
from clips import animation, sweep
from dicoms import dicom
from visit import FIRST, MODELS

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.images import clip_decoder, crop
from core.inference.classifier import Classifier
from core.inference.read_images import ReadImage, read_images


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.from_bundle(MODELS / FIRST)


def test_a_clip_is_decoded_once_and_each_frame_is_told(classifier, tmp_path, monkeypatch) -> None:
    started, said = [], []
    popen = clip_decoder.subprocess.Popen
    monkeypatch.setattr(
        clip_decoder.subprocess,
        "Popen",
        lambda *given, **more: started.append(given) or popen(*given, **more),
    )
    path = tmp_path / "loop.gif"
    path.write_bytes(animation(sweep(4)))
    images = read_images(classifier, path, "all", crop.NONE, said.append)
    assert [image.frame for image in images] == [0, 1, 2, 3]
    assert all(image.prediction is not None for image in images)
    assert len(started) == 1
    assert said == [f"loop.gif, frame {number}" for number in (1, 2, 3, 4)]


def test_of_a_clip_that_cannot_be_decoded_to_its_end_no_frame_counts(classifier, tmp_path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(dicom(np.stack(sweep(4)))[: -sweep(1)[0].size])
    (only,) = read_images(classifier, path, "all", crop.NONE, print)
    assert only == ReadImage(str(path), problem=only.problem, reason="damaged")
    assert "cut.dcm is damaged" in only.problem


def test_all_frames_have_the_crop_of_the_first_that_has_one(classifier, tmp_path) -> None:
    frames = [on_a_scanner_screen(np.repeat(one[..., np.newaxis], 3, axis=2), share=0.6) for one in sweep(3)]
    path = tmp_path / "loop.gif"
    path.write_bytes(animation([0 * frames[0], *frames]))
    blank, *others = read_images(classifier, path, "all", crop.AUTO, print)
    assert (blank.viewed, blank.look) == (None, "blank")
    (box,) = {image.viewed.box for image in others}
    assert box
