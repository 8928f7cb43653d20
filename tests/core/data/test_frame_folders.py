"""Frames in files of their own are told from images that merely have numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from clips import sweep

from core.data.duplicates.fingerprint import fingerprint
from core.data.frame_folders import Numbered, find_clips, find_numbered
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


def clips(images: list[np.ndarray], names: list[str] | None = None) -> list[Numbered]:
    names = names or [f"f{number}.png" for number in range(len(images))]
    return find_clips(names, [image.shape[1::-1] for image in images], [fingerprint(one) for one in images])


def lesions(count: int) -> list[np.ndarray]:
    """Images of as many lesions, in the size of a frame."""
    return [
        cv2.resize(simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image, (208, 160))
        for seed in range(count)
    ]


@pytest.mark.parametrize("step", [1, 4])
def test_frames_of_a_moving_probe_are_a_clip_and_images_of_many_lesions_are_none(step) -> None:
    frames = sweep(24)[::step]
    assert clips(frames) == [Numbered("f*.png", tuple(range(len(frames))))]
    assert not clips([*frames[:-1], frames[-1][:100]])
    assert not clips(frames[:4])
    assert not clips(lesions(len(frames)))


def test_clips_of_several_patients_in_one_folder_are_several() -> None:
    frames = sweep(8)
    both = [*frames, *(image[:, ::-1] for image in lesions(1) * 8)]
    names = [f"P{patient:03}_frame_{number:03}.png" for patient in (1, 2) for number in range(8)]
    assert clips(both, names) == [
        Numbered("P001_frame_*.png", tuple(range(8))),
        Numbered("P002_frame_*.png", tuple(range(8, 16))),
    ]
    # A number that changes within a clip, such as that of the minute, parts nothing.
    times = [
        f"t{minute}-{second:02}.png"
        for minute, second in [(1, 57), (1, 58), (1, 59), *zip([2] * 5, range(5), strict=True)]
    ]
    assert clips(frames, times) == [Numbered("t*-*.png", tuple(range(8)))]


def test_blank_images_are_no_clip() -> None:
    assert not clips([np.zeros((90, 90), np.uint8)] * 6)
