import cv2
import numpy as np
import pytest
from tissue import image

from core.data.duplicates.fingerprint import decode_fingerprints, fingerprint, fingerprint_levels


def test_a_fingerprint_is_short_deterministic_text():
    pixels = image(0)
    text = fingerprint(pixels)
    assert text.isascii()
    assert len(text) < 2000
    assert fingerprint(pixels) == text
    assert fingerprint(np.ascontiguousarray(pixels[..., 0])) == text
    values, inside = decode_fingerprints([text, text])
    assert values.shape == inside.shape == (2, 32, 32)
    assert inside.all()


def test_neither_size_nor_brightness_changes_it_much():
    pixels = image(1)
    dark = (pixels * 0.6).astype(np.uint8)
    large = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    one, *others = decode_fingerprints([fingerprint(pixels), fingerprint(dark), fingerprint(large)]).values
    for other in others:
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("grey", [0, 255])
def test_the_corners_of_a_rotated_image_are_marked_as_outside(grey):
    pixels = image(2)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 15, 1)
    tissue = cv2.warpAffine(np.full((height, width), 255, np.uint8), turn, (width, height))
    marked = fingerprint(cv2.warpAffine(pixels, turn, (width, height), borderValue=(grey,) * 3))
    _, inside = decode_fingerprints([marked])
    tissue = cv2.resize(tissue, (32, 32), interpolation=cv2.INTER_AREA)
    assert inside[0][tissue == 255].mean() > 0.9
    assert inside[0][tissue == 0].mean() < 0.1


def test_dark_areas_within_the_image_are_inside():
    pixels = image(3)
    cv2.ellipse(pixels, (180, 150), (60, 50), 0, 0, 360, (0, 0, 0), -1)
    assert decode_fingerprints([fingerprint(pixels)]).inside.mean() > 0.99


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 500), (300, 400, 3)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_that_of_a_constant_image_is_zero(shape, grey):
    assert not fingerprint_levels([fingerprint(np.full(shape, grey, np.uint8))]).any()


@pytest.mark.parametrize("shape", [(3, 1000), (7, 5, 3), (5000, 40)])
def test_odd_shapes_give_finite_values(shape):
    pixels = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    assert np.isfinite(decode_fingerprints([fingerprint(pixels)]).values).all()


@pytest.mark.parametrize("wrong", ["", "AAAA"])
def test_one_that_is_not_known_is_refused(wrong):
    with pytest.raises(ValueError, match="instead of 1024"):
        decode_fingerprints([fingerprint(image(0)), wrong])


def test_none_at_all():
    assert decode_fingerprints([]).values.shape == (0, 32, 32)
