"""Frames of a clip in the process that decodes it; tests/core/images/test_clip.py has every format."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from clips import animation, avi, sweep, video

from core.images.clip_frames import frames
from core.images.limits import ImageError

FRAMES = sweep()


def packets(data: bytes) -> list[bytes]:
    """Return the packets of a video, as they are stored."""
    stored = cv2.VideoCapture(io.BytesIO(data), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    found = []
    while stored.grab():
        found.append(stored.retrieve()[1].tobytes())
    return found


def test_a_change_of_size_within_mpeg_4_is_seen_before_any_frame_is_decoded() -> None:
    small = packets(video([frame[:96] for frame in FRAMES], "avi", "XVID"))
    large = packets(video(FRAMES, "avi", "XVID"))
    height, width = FRAMES[0].shape
    assert len(list(frames(avi([*large, *large], width, height, "XVID")))) == 12
    with pytest.raises(ImageError, match="has frames of different sizes"):
        next(frames(avi([*large, *small], width, height, "XVID")))


def test_frames_before_the_first_one_and_after_the_last_one_are_not_converted() -> None:
    for data in (video(FRAMES), animation(FRAMES)):
        (chosen,) = frames(data, 3, 4)
        assert int(np.argmin([np.abs(chosen.pixels[..., 0] - one.astype(int)).mean() for one in FRAMES])) == 3
        assert not list(frames(data, 9))


def test_each_frame_of_an_animation_is_whole() -> None:
    """Files store what differs from the frame before."""
    changed = [FRAMES[0], FRAMES[0].copy()]
    changed[1][20:40, 20:40] = 255
    first, second = frames(animation(changed))
    assert (first.pixels[..., 0] == changed[0]).all()
    assert (second.pixels[..., 0] == changed[1]).all()
