"""Frames in files of their own are told from images that merely have numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from clips import sweep

from core.data.duplicates.fingerprint import fingerprint
from core.data.frame_folders import Numbered, are_frames, find_numbered
from core.data.phantom.simulate import CLASSES, simulate


def test_names_that_differ_in_numbers_only_are_in_the_order_of_these() -> None:
    files = [f"a/clip 7/f{number}.png" for number in (10, 2, 1, 3, 11)]
    files += ["a/clip 7/other.png", *(f"b/{number:03}_2.jpg" for number in range(4)), "a/clip 7/f9_mask.png"]
    assert find_numbered(files) == [Numbered("a/clip 7/f*.png", (2, 1, 3, 0, 4))]
    assert find_numbered([*files, "b/004_2.jpg"])[1] == Numbered("b/*_2.jpg", (6, 7, 8, 9, 11))
    assert find_numbered([f"t{minute}-{second}.png" for minute in (1, 2) for second in (30, 4, 5)]) == [
        Numbered("t*-*.png", (1, 2, 0, 4, 5, 3))
    ]


def test_a_name_of_a_thousand_digits_is_a_name() -> None:
    files = [f"{'7' * 5000}_{number}.png" for number in range(5)]
    assert find_numbered(files)[0].files == (0, 1, 2, 3, 4)


def sizes(images: list[np.ndarray]) -> list[tuple[int, int]]:
    return [image.shape[1::-1] for image in images]


@pytest.mark.parametrize("step", [1, 4])
def test_frames_of_a_moving_probe_are_a_clip_and_images_of_many_lesions_are_none(step) -> None:
    frames = sweep(24)[::step]
    prints = [fingerprint(frame) for frame in frames]
    assert are_frames(sizes(frames), prints)
    assert not are_frames(sizes([*frames[:-1], frames[-1][:100]]), prints)
    assert not are_frames(sizes(frames)[:4], prints[:4])
    many = [
        cv2.resize(simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image, (208, 160))
        for seed in range(len(frames))
    ]
    assert not are_frames(sizes(many), [fingerprint(image) for image in many])


def test_blank_images_are_no_clip() -> None:
    blank = [np.zeros((90, 90), np.uint8)] * 6
    assert not are_frames(sizes(blank), [fingerprint(image) for image in blank])
