"""The images of files as the network gets them, in batches, or the reason why there is none."""

from __future__ import annotations

import os
import signal
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clips import animation, sweep
from dicoms import dicom
from predicting import is_killed_once
from visit import FIRST, MODELS, png

from core.bundle.folder import open_bundle
from core.data.duplicates.common_frames import on_a_scanner_screen
from core.images import clip_decoder, crop
from core.inference import read_images as reading_module
from core.inference.read_images import ListedFile, ReadImage, Reading, read_images, read_images_apart
from core.worker_processes import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLE = open_bundle(MODELS / FIRST)


def read(*paths: Path, cropping: crop.Choice = crop.NONE) -> list[ReadImage]:
    files = [ListedFile(str(path), inside=False) for path in paths]
    return list(chain(*read_images(files, Reading.of(BUNDLE, "all", cropping))))


def test_a_clip_is_decoded_once(tmp_path, monkeypatch) -> None:
    started = []
    popen = clip_decoder.subprocess.Popen
    monkeypatch.setattr(
        clip_decoder.subprocess,
        "Popen",
        lambda *given, **more: started.append(given) or popen(*given, **more),
    )
    path = tmp_path / "loop.gif"
    path.write_bytes(animation(sweep(4)))
    images = read(path)
    assert [image.frame for image in images] == [0, 1, 2, 3]
    side = BUNDLE.manifest.recipe.preprocessing.image_size
    assert {image.fitted.shape for image in images} == {(side, side, 3)}
    assert len(started) == 1


def test_a_clip_that_ends_too_early_says_so_after_its_frames(tmp_path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(dicom(np.stack(sweep(4)))[: -sweep(1)[0].size])
    last = read(path)[-1]
    assert (last.frame, last.size, last.fitted, last.reason) == (None, None, None, "damaged")
    assert "cut.dcm is damaged" in last.problem


def test_all_frames_have_the_crop_of_the_first_that_has_one_and_the_next_file_has_its_own(tmp_path) -> None:
    frames = [on_a_scanner_screen(np.repeat(one[..., np.newaxis], 3, axis=2), share=0.6) for one in sweep(3)]
    path = tmp_path / "loop.gif"
    path.write_bytes(animation([0 * frames[0], *frames]))
    (tmp_path / "plain.png").write_bytes(png(sweep(1)[0]))
    blank, *others, plain = read(path, tmp_path / "plain.png", cropping=crop.AUTO)
    assert (blank.viewed, blank.look) == (None, "blank")
    (box,) = {image.viewed.box for image in others}
    assert box
    assert plain.viewed.box is None


def test_batches_are_bounded_in_images_and_in_bytes(tmp_path, upload, monkeypatch) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png(upload[1]))
    files = [ListedFile(str(path), inside=True)] * 70
    reading = Reading.of(BUNDLE, "all", crop.NONE)
    assert [len(batch) for batch in read_images(files, reading)] == [32, 32, 6]
    side = BUNDLE.manifest.recipe.preprocessing.image_size
    monkeypatch.setattr(reading_module, "_MOST_BYTES", 2 * side * side * 3)
    assert [len(batch) for batch in read_images(files[:5], reading)] == [2, 2, 1]


def test_each_file_is_told_by_its_place_and_its_name(tmp_path) -> None:
    names = [tmp_path / os.fsdecode(b"scan-\xff.png"), tmp_path / "text.png"]
    for name in names:
        name.write_bytes(b"no image")
    images = read(*names)
    assert [image.place for image in images] == [0, 1]
    assert images[0].file.name.endswith(r"scan-\udcff.png")


def read_or_end(files: list[ListedFile], reading: Reading) -> Iterator[list[ReadImage]]:
    """Read images; a file named bad ends the process once it has yielded a frame."""
    if Path(files[0].path).stem == "bad":
        yield [ReadImage(0, files[0], frame=0, size=(8, 8))]
        os.kill(os.getpid(), signal.SIGKILL)
    yield from read_images(files, reading)


def test_a_file_that_ends_the_process_apart_costs_no_other_file_its_images(tmp_path, upload) -> None:
    files = []
    for name in ("a", "bad", "c"):
        path = tmp_path / f"{name}.png"
        path.write_bytes(png(upload[1]))
        files.append(ListedFile(str(path), inside=True))
    reader = WorkerProcess(partial(read_or_end, reading=Reading.of(BUNDLE, "all", crop.NONE)))
    try:
        (images,) = read_images_apart(files, reader)
    finally:
        reader.stop()
    assert [(image.place, image.fitted is None) for image in images] == [
        (0, False),
        (1, True),
        (1, True),
        (2, False),
    ]
    assert (images[2].size, images[2].reason) == (None, "lost process")  # its frame before does not count
    assert "bad.png ended the process that read it (signal SIGKILL)" in images[2].problem


def test_a_file_whose_process_was_killed_apart_is_read_once_more(tmp_path, upload) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(upload[1]))
    reading = Reading.of(BUNDLE, "all", crop.NONE)
    reader = WorkerProcess(partial(is_killed_once, reading=reading))
    try:
        ((image,),) = read_images_apart([ListedFile(str(path), inside=True)], reader)
    finally:
        reader.stop()
    assert image.fitted is not None


@pytest.mark.parametrize("frame", ["all", "first"])
def test_another_frame_is_proposed_where_one_was_chosen(tmp_path, frame) -> None:
    path = tmp_path / "loop.gif"
    path.write_bytes(animation([0 * sweep(1)[0], *sweep(3)]))
    files = [ListedFile(str(path), inside=False)]
    first = next(read_images(files, Reading.of(BUNDLE, frame, crop.NONE)))[0]
    assert ("Choose another frame with --frame." in first.problem) == (frame == "first")
