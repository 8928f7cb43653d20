"""Frames in files of their own are told from images that merely have numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from clips import sweep

from core.data import frame_folders
from core.data.duplicates.fingerprint import fingerprint
from core.data.frame_folders import FrameFolders, Numbered, find_clips, find_numbered
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


def found(images: list[np.ndarray], names: list[str] | None = None) -> FrameFolders:
    names = names or [f"f{number}.png" for number in range(len(images))]
    return find_clips(names, [image.shape[1::-1] for image in images], [fingerprint(one) for one in images])


def clips(images: list[np.ndarray], names: list[str] | None = None) -> list[Numbered]:
    """Return the clips among images of which nothing is to be said."""
    clips, remarks = found(images, names)
    assert not remarks
    return list(clips)


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


def test_a_file_of_another_size_is_no_frame_of_the_clip_around_it_and_is_named() -> None:
    frames = sweep(12)
    frames[7] = frames[7][:100]
    (clip,), (remark,) = found(frames, [f"study/f{number:02}.png" for number in range(12)])
    assert clip == Numbered("study/f*.png", (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11))
    assert remark == (
        "study/f*.png is one clip of 11 frames of 208 × 160 pixels; study/f07.png has 208 × 100 and counts "
        "as an image of its own."
    )
    # A number of its own, and another look: what a user saved beside the frames.
    (clip,), (remark,) = found([*sweep(6), lesions(1)[0][:90]])
    assert clip.files == (0, 1, 2, 3, 4, 5)
    assert "f6.png has 208 × 90" in remark


def test_files_of_one_look_and_many_sizes_are_images_and_the_folder_is_named() -> None:
    frames = [frame[: 160 - 2 * number] for number, frame in enumerate(sweep(8))]
    several = found(frames)
    assert several.clips == ()
    assert several.describe() == (
        "f*.png looks like one clip, but its 8 files differ in size, such as f1.png, so each counts as an "
        "image of its own: save them with one size."
    )
    # Four of one size are too few for a clip.
    assert found([*sweep(4), sweep(5)[4][:100]]).clips == ()
    assert found([*lesions(7), lesions(8)[7][:90]]) == ((), ())
    many = FrameFolders((), ("A.", "B.", "C.", "D."))
    assert many.describe() == "A. B. So it is in 2 more."


def test_neighbours_are_compared_beyond_what_is_decoded_together(monkeypatch) -> None:
    monkeypatch.setattr(frame_folders, "_BLOCK", 3)
    frames = [*sweep(8), *(image[:, ::-1] for image in lesions(1) * 8)]
    names = [f"P{patient:03}_frame_{number:03}.png" for patient in (1, 2) for number in range(8)]
    assert [len(clip.files) for clip in clips(frames, names)] == [8, 8]


def test_blank_images_are_no_clip() -> None:
    assert not clips([np.zeros((90, 90), np.uint8)] * 6)
