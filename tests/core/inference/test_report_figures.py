"""Images and charts of a report."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from core.images.frame import Box
from core.inference import report_figures


def pixels_of(url: str) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_images_are_as_small_as_a_page_needs_them() -> None:
    large = np.random.default_rng(0).integers(0, 256, (900, 1800, 3), dtype=np.uint8)
    assert pixels_of(report_figures.as_uploaded(large)).shape == (280, 560, 3)
    assert pixels_of(report_figures.cropped(large, Box(0, 100, 0, 50))).shape == (100, 50, 3)
    # Grey images keep one channel in memory, broadcast to three.
    grey = np.broadcast_to(large[..., :1], large.shape)
    assert pixels_of(report_figures.as_uploaded(grey, Box(0, 900, 0, 1800))).shape == (280, 560, 3)
    assert pixels_of(report_figures.as_uploaded(np.zeros((1, 4000, 3), np.uint8))).shape == (1, 560, 3)


def test_the_frame_of_a_crop_follows_the_smaller_image() -> None:
    black = np.zeros((1120, 1120, 3), np.uint8)
    box = Box(top=200, bottom=600, left=400, right=1000)
    drawn = pixels_of(report_figures.as_uploaded(black, box)).any(axis=2)
    assert np.argwhere(drawn).min(axis=0) == pytest.approx([100, 200], abs=2)
    assert np.argwhere(drawn).max(axis=0) == pytest.approx([300, 500], abs=2)
    assert not black.any()


def test_saliency_tints_the_network_input_where_it_is() -> None:
    saliency = np.zeros((2, 2, 2), np.float32)
    saliency[1, 0, 0] = 1
    tinted = pixels_of(report_figures.explained(np.full((32, 32, 3), 100, np.uint8), saliency, 1))
    assert (tinted[400, 400] == 100).all()
    red, _, blue = tinted[100, 100].astype(int)
    assert red > 150
    assert blue < 60


def test_a_bar_is_as_long_as_its_probability() -> None:
    drawn = report_figures.bar(0.25, 0.5, "#0072B2")
    assert '<rect width="25.00"' in drawn
    assert 'x1="50.00" x2="50.00"' in drawn


def test_lines_go_from_the_first_frame_to_the_last_and_from_zero_to_one() -> None:
    frames, values = (5, 6, 9), np.array([0.0, 1.0, 0.5])
    drawn = report_figures.probabilities_over_frames(frames, [("#0072B2", values)], 9, "a chart")
    (points,) = re.findall(r'points="([^"]*)"', drawn)
    assert points == "6.0,94.0 153.0,6.0 594.0,50.0"
    assert 'x1="594.0"' in drawn
    assert 'aria-label="a chart"' in drawn
    assert report_figures.probabilities_over_frames((3,), [("#0072B2", values[:1])], 3, "one frame")
