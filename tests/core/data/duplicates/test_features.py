import numpy as np
import pytest
from tissue import image

from core.data.duplicates.features import DIMENSIONS, MOST, describe, find_features, relative_rotation
from core.data.duplicates.fingerprint import decode_fingerprints, fingerprint

CHANGES = {
    "mirrored": lambda values: values[:, :, ::-1],
    "upside down": lambda values: values[:, ::-1],
    "turned by 90°": lambda values: np.rot90(values, axes=(1, 2)),
    "inverted": lambda values: -values,
}


@pytest.fixture(scope="module")
def values():
    return decode_fingerprints([fingerprint(image(seed)) for seed in range(12)]).values


def test_features_come_in_the_order_of_the_images(values):
    found = find_features(values)
    assert (np.diff(found.image) >= 0).all()
    assert set(found.image) == set(range(12))
    assert np.bincount(found.image).max() <= sum(MOST)
    assert describe(found.patch).shape == (len(found.image), DIMENSIONS)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_moves_features_and_leaves_their_descriptors(change, values):
    before = find_features(values)
    after = find_features(np.ascontiguousarray(CHANGES[change](values)))
    np.testing.assert_array_equal(np.bincount(before.image), np.bincount(after.image))
    one, two = describe(before.patch), describe(after.patch)
    distance = np.linalg.norm(one[:, None] - two, axis=2)
    nearest = distance.argmin(axis=1)
    np.testing.assert_array_equal(after.image[nearest], before.image)
    assert np.percentile(distance.min(axis=1), 95) < 0.1 * np.median(distance)
    sign = -1 if change == "inverted" else 1
    np.testing.assert_array_equal(after.sign[nearest], sign * before.sign)


@pytest.mark.parametrize(("turn", "mirror"), [(0, False), (3, False), (9.5, False), (4, True), (12.5, True)])
def test_the_rotation_of_two_patches_is_found(turn, mirror):
    rng = np.random.default_rng(0)
    waves = rng.normal(size=(50, 4, 3)), rng.normal(size=(50, 4, 3))

    def patch(angle):
        along = np.arange(1, 4)[:, None] * angle
        return (waves[0] @ np.cos(along) + waves[1] @ np.sin(along)).astype(np.float32)

    step = 2 * np.pi / 16
    at = np.arange(16) * step
    second = patch(turn * step - at if mirror else at - turn * step)
    angle, mirrored, _ = relative_rotation(patch(at), second)
    right = mirrored == mirror
    assert right.mean() >= 0.98
    off = (angle - turn * step + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off[right]).max() < step / 2


def test_a_blank_image_has_no_features(values):
    found = find_features(np.concatenate([values[:2], np.zeros((1, 32, 32), np.float32)]))
    assert set(found.image) == {0, 1}
    assert find_features(np.zeros((3, 32, 32), np.float32)).patch.shape == (0, 4, 16)


def test_blocks_of_images_do_not_change_the_result(values):
    many = np.tile(values, (100, 1, 1))
    found, once = find_features(many), find_features(values)
    last = found.image >= 99 * 12
    np.testing.assert_allclose(found.patch[last], once.patch, atol=1e-3)
