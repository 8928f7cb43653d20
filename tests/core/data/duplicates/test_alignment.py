import cv2
import numpy as np
import pytest
from tissue import image

from core.data.duplicates.alignment import align, determinant, halved, independence, inverse, zoomed
from core.data.duplicates.fingerprint import decode_fingerprints, fingerprint

IDENTITY = np.eye(2, 3, dtype=np.float32)


@pytest.fixture(scope="module")
def thumbnails():
    return decode_fingerprints([fingerprint(image(seed)) for seed in range(8)])


def turned(degrees, seed):
    """Return a square image turned about its middle, and the warp of the positions in it to the original."""
    pixels = cv2.resize(image(seed), (320, 320))
    turn = cv2.getRotationMatrix2D((159.5, 159.5), degrees, 1)
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    warp = np.array([[cos, -sin, 0], [sin, cos, 0]], np.float32)
    return pixels, cv2.warpAffine(pixels, turn, (320, 320)), warp


@pytest.mark.parametrize("degrees", [-12, 6, 12])
def test_the_warp_of_a_turned_image_is_found(degrees):
    pixels, other, warp = turned(degrees, 3)
    first, second = (decode_fingerprints([fingerprint(one)]) for one in (other, pixels))
    start = warp + np.array([[[0.05, 0, 0.02], [0, -0.05, -0.02]]], np.float32)
    before, after = align(first, second, start, steps=0), align(first, second, start, steps=8)
    np.testing.assert_allclose(after.warp[0], warp, atol=0.03)
    assert after.correlation[0] > 0.9 > before.correlation[0]
    assert 0.7 < after.overlap[0] < 1


def test_different_images_are_not_alike(thumbnails):
    others = thumbnails.at(np.roll(np.arange(8), 1))
    aligned = align(thumbnails, others, np.tile(IDENTITY, (8, 1, 1)), steps=8)
    assert aligned.similarity(independence(thumbnails)).max() < 0.6
    same = align(thumbnails, thumbnails, np.tile(IDENTITY, (8, 1, 1)), steps=8)
    assert same.similarity(independence(thumbnails)).min() > 2


def test_a_smaller_overlap_counts_less(thumbnails):
    shifted = np.tile(IDENTITY, (8, 1, 1))
    shifted[:, 0, 2] = 0.3
    zoom = zoomed(thumbnails, 1.4, 1)
    known = np.tile(IDENTITY / np.array([[1.4], [1]], np.float32), (8, 1, 1))
    whole = align(zoom, thumbnails, known, steps=0)
    assert whole.overlap.min() > 0.99
    assert whole.correlation.min() > 0.9
    less = align(thumbnails, thumbnails, shifted, steps=0)
    np.testing.assert_allclose(less.overlap, 0.7, atol=0.03)


def test_the_inverse_leads_back():
    warp = np.random.default_rng(0).normal(size=(20, 2, 3)).astype(np.float32)
    points = np.random.default_rng(1).normal(size=(2, 5)).astype(np.float32)
    there = warp[:, :, :2] @ points + warp[:, :, 2:]
    back = inverse(warp)
    np.testing.assert_allclose(
        back[:, :, :2] @ there + back[:, :, 2:], np.tile(points, (20, 1, 1)), atol=1e-2
    )
    np.testing.assert_allclose(determinant(warp), np.linalg.det(warp[:, :, :2]), atol=1e-4)


def test_pixels_outside_do_not_count(thumbnails):
    half = thumbnails.inside.copy()
    half[:, :, 16:] = 0
    noise = np.random.default_rng(0).normal(size=thumbnails.values.shape).astype(np.float32)
    spoiled = thumbnails._replace(values=np.where(half > 0, thumbnails.values, 0 * noise), inside=half)
    aligned = align(spoiled, thumbnails, np.tile(IDENTITY, (8, 1, 1)), steps=4)
    assert aligned.correlation.min() > 0.99
    np.testing.assert_allclose(aligned.overlap, 0.5, atol=0.02)


def test_no_pairs(thumbnails):
    none = thumbnails.at(np.empty(0, np.int64))
    aligned = align(none, none, np.empty((0, 2, 3), np.float32), steps=3)
    assert aligned.similarity(independence(none)).shape == (0,)
    assert halved(none).values.shape == (0, 16, 16)


def test_smooth_images_have_fewer_independent_pixels(thumbnails):
    smooth = thumbnails._replace(
        values=np.array([cv2.GaussianBlur(one, (0, 0), 3) for one in thumbnails.values])
    )
    assert (independence(smooth) < 0.3 * independence(thumbnails)).all()
    assert independence(thumbnails).max() <= 1
