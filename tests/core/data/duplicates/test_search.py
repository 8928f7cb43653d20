import base64
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from paths import SHARED
from tissue import image as _image

from core.data.duplicates.blocks import BLOCK
from core.data.duplicates.fingerprint import SIDE, fingerprint, fingerprint_levels
from core.data.duplicates.search import find_near_duplicates, near_duplicate_groups

BUSI = Path(os.environ.get("BUSI_DIR", SHARED / "data" / "busi"))


def _rescaled(pixels, random):
    factor = random.uniform(0.5, 2)
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)


def _cropped(pixels, random, share=0.03):
    height, width = pixels.shape[:2]
    top, bottom, left, right = (random.uniform(0, share, 4) * [height, height, width, width]).astype(int)
    return np.ascontiguousarray(pixels[top : height - bottom, left : width - right])


def _retoned(pixels, random):
    brightness, contrast = random.uniform(0.75, 1.25, 2)
    return np.clip(((pixels - 127.5) * contrast + 127.5) * brightness, 0, 255).astype(np.uint8)


def _measured(pixels, random):
    pixels = pixels.copy()
    height, width = pixels.shape[:2]
    ends = [(int(x * width), int(y * height)) for x, y in random.uniform(0.15, 0.85, (4, 2))]
    arm = round(min(height, width) * 0.03)
    for end in ends:
        cv2.drawMarker(pixels, end, (255, 255, 255), cv2.MARKER_CROSS, arm, max(1, arm // 8))
    for start, end in (ends[:2], ends[2:]):
        for x, y in np.linspace(start, end, 40).astype(int).tolist():
            cv2.circle(pixels, (x, y), 1, (255, 255, 255), -1)
    at = (width // 10, height * 9 // 10)
    cv2.putText(pixels, "RT BREAST", at, cv2.FONT_HERSHEY_SIMPLEX, height / 900, (255, 255, 255))
    return pixels


def _compressed(pixels, random):
    encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 90))])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


def _framed(pixels, random):
    height, width = pixels.shape[:2]
    sides = (random.uniform(0, 0.08, 4) * [height, height, width, width]).astype(int).tolist()
    return cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT)


def _everything(pixels, random):
    for change in (_cropped, _retoned, _measured, _rescaled, _compressed):
        pixels = change(pixels, random)
    return pixels


CHANGES = [_rescaled, _cropped, _retoned, _measured, _compressed, _framed, _everything]


@pytest.fixture(scope="module")
def images():
    return [_image(seed) for seed in range(60)]


@pytest.fixture(scope="module")
def fingerprints(images):
    return [fingerprint(image) for image in images]


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_are_found_and_nothing_else(change, images, fingerprints):
    random = np.random.default_rng(7)
    copies = [fingerprint(change(image, random)) for image in images]
    np.testing.assert_array_equal(find_near_duplicates(copies, fingerprints).reference, np.arange(60))
    groups = near_duplicate_groups(fingerprints + copies)
    np.testing.assert_array_equal(groups, np.tile(np.arange(60), 2))


def test_deeper_crops_are_aligned(images, fingerprints):
    parts = [np.ascontiguousarray(image[18:, :-25]) for image in images]
    found = find_near_duplicates([fingerprint(part) for part in parts], fingerprints).reference
    assert np.mean(found == np.arange(60)) >= 0.95


def test_different_images_are_not_merged(fingerprints):
    np.testing.assert_array_equal(near_duplicate_groups(fingerprints), np.arange(60))
    np.testing.assert_array_equal(
        find_near_duplicates(fingerprints[:30], fingerprints[30:]).reference, np.full(30, -1)
    )


def test_groups_do_not_depend_on_the_order(images, fingerprints):
    random = np.random.default_rng(3)
    everything = fingerprints + [fingerprint(_cropped(image, random, 0.1)) for image in images]
    order = random.permutation(len(everything))
    straight = near_duplicate_groups(everything)
    shuffled = near_duplicate_groups([everything[i] for i in order])
    np.testing.assert_array_equal(shuffled[:, None] == shuffled, straight[order][:, None] == straight[order])
    np.testing.assert_array_equal(np.unique(shuffled, return_index=True)[1], np.sort(_firsts(shuffled)))


def _firsts(groups):
    return [groups.tolist().index(group) for group in range(groups.max() + 1)]


def test_one_group_whatever_the_number(images):
    random = np.random.default_rng(5)
    copies = [
        fingerprint(_cropped(np.ascontiguousarray(form), random))
        for image in images[:3]
        for form in (image, np.rot90(image[:, ::-1]))
        for _ in range(20)
    ]
    np.testing.assert_array_equal(near_duplicate_groups(copies), np.repeat(np.arange(3), 40))


def test_a_mirror_image_is_told_from_the_image_itself(images, fingerprints):
    mirrored = [fingerprint(np.ascontiguousarray(image[:, ::-1])) for image in images[:20]]
    turned = [fingerprint(np.ascontiguousarray(image[::-1, ::-1])) for image in images[20:40]]
    found = find_near_duplicates(mirrored + turned, fingerprints)
    np.testing.assert_array_equal(found.reference, np.arange(40))
    np.testing.assert_array_equal(found.mirrored, np.arange(40) < 20)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 500), (300, 400, 3)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_a_constant_image_is_like_nothing(shape, grey, fingerprints):
    blank = fingerprint(np.full(shape, grey, np.uint8))
    assert near_duplicate_groups([blank, fingerprints[0], blank, fingerprints[0]]).tolist() == [0, 1, 2, 1]
    assert find_near_duplicates([blank], [*fingerprints, blank]).reference.tolist() == [-1]


def test_faint_noise_is_like_nothing():
    noise = np.random.default_rng(1).integers(100, 102, (2, 200, 200), dtype=np.uint8)
    assert near_duplicate_groups([fingerprint(image) for image in noise]).tolist() == [0, 1]


def test_no_images():
    assert near_duplicate_groups([]).shape == (0,)
    assert find_near_duplicates([], []).reference.shape == (0,)


def test_blocks_do_not_change_the_result(images, fingerprints):
    random = np.random.default_rng(4)
    copies = [fingerprint(_everything(image, random)) for image in images]
    many = (copies * (BLOCK // len(copies) + 2))[: BLOCK + 9]
    found = find_near_duplicates(many, fingerprints).reference
    np.testing.assert_array_equal(found, np.resize(np.arange(60), BLOCK + 9))


@pytest.fixture(scope="module")
def busi():
    files = sorted(file for file in BUSI.glob("*/*.png") if "_mask" not in file.name)
    if not files:
        pytest.skip(f"no BUSI images in {BUSI}: set BUSI_DIR")
    pixels = {file.stem: cv2.imread(str(file)) for file in files}
    return pixels, {name: fingerprint(image) for name, image in pixels.items()}


@pytest.mark.slow
@pytest.mark.busi
def test_busi_groups(busi):
    names = list(busi[1])
    groups = near_duplicate_groups(list(busi[1].values()))
    sizes = np.bincount(groups)
    assert 140 <= np.count_nonzero(sizes > 1) <= 160
    assert 320 <= sizes[sizes > 1].sum() <= 360
    assert sizes.max() <= 8
    group = dict(zip(names, groups.tolist(), strict=True))
    for one, two in [
        ("benign (433)", "malignant (145)"),
        ("benign (437)", "normal (34)"),
        ("benign (140)", "benign (62)"),  # cropped by a fifth
        ("malignant (95)", "malignant (96)"),  # a sector and its middle
        ("malignant (118)", "malignant (119)"),  # calipers
    ]:
        assert group[one] == group[two], (one, two)
    for one, two in [
        ("malignant (177)", "malignant (50)"),  # thumbnails correlate at 0.94
        ("malignant (1)", "malignant (132)"),
        ("benign (174)", "benign (48)"),
        ("benign (3)", "benign (4)"),
    ]:
        assert group[one] != group[two], (one, two)


@pytest.mark.slow
@pytest.mark.busi
@pytest.mark.parametrize("change", CHANGES)
def test_busi_copies_are_found(change, busi):
    pixels, known = (list(part.values()) for part in busi)
    random = np.random.default_rng(1)
    some = np.arange(0, len(pixels), 4)
    best = find_near_duplicates([fingerprint(change(pixels[i], random)) for i in some], known).reference
    assert np.mean(best >= 0) >= 0.99
    # The best near-duplicate may be one that BUSI itself holds, never an image of another group.
    groups = near_duplicate_groups(known)
    np.testing.assert_array_equal(groups[best][best >= 0], groups[some][best >= 0])


@pytest.mark.parametrize("wrong", ["", "AAAA"])
def test_a_fingerprint_that_is_not_known_moves_no_other(fingerprints, wrong):
    for images, reference in (
        ([wrong, *fingerprints[:3]], fingerprints),
        (fingerprints, [wrong, *fingerprints[:3]]),
    ):
        with pytest.raises(ValueError, match="instead of 1024"):
            find_near_duplicates(images, reference)
    with pytest.raises(ValueError, match="instead of 1024"):
        near_duplicate_groups([*fingerprints[:3], wrong])


def test_more_near_duplicates_than_neighbours_are_one_group_among_other_images():
    random = np.random.default_rng(0)
    levels = fingerprint_levels([fingerprint(_image(0))])
    noise = random.integers(-3, 4, (80, SIDE, SIDE))
    copies = np.clip(levels + noise, -127, 127).astype(np.int8)
    copies = [base64.b64encode(one.tobytes()).decode() for one in copies]
    groups = near_duplicate_groups([*copies, *(fingerprint(_image(seed)) for seed in range(1, 41))])
    assert len(set(groups[:80])) == 1
    assert len(set(groups)) == 41
