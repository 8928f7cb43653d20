"""Frames hold the whole ultrasound image, and each seed places it elsewhere."""

import cv2
import numpy as np
import pytest

from core.data.outside import viewers

GREY = np.full((90, 120, 3), 137, np.uint8)


HOME = {f"{number}": lambda: GREY for number in range(40)}
FRAMES = {motif.origin.split(" around ")[0]: motif for motif in viewers.motifs(HOME, 0)}


def test_all_frames_are_drawn() -> None:
    assert set(FRAMES) == {"viewer", "scanner's screen", "report", "slide", "browser"}


@pytest.mark.parametrize("frame", sorted(FRAMES))
def test_a_frame_shows_the_image_whole_within_it(frame: str) -> None:
    framed = next(FRAMES[frame].images())
    _, _, facts, _ = cv2.connectedComponentsWithStats((framed == 137).all(axis=2).astype(np.uint8))
    _, _, width, height, area = facts[1 + facts[1:, cv2.CC_STAT_AREA].argmax()]
    assert area > 0.95 * height * width  # a viewer writes over the corners
    assert width / height == pytest.approx(120 / 90, rel=0.05)
    assert 0.05 < height * width / framed[..., 0].size < 0.8


def test_the_same_seed_draws_the_same_frame() -> None:
    first, again, other = (next(viewers.motifs({"a": lambda: GREY}, seed)[0].images()) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
