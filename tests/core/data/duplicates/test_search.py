import os
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from paths import SHARED

from core.data.duplicates import search
from core.data.duplicates.fingerprint import decode_fingerprints, fingerprint
from core.data.duplicates.search import find_near_duplicates, near_duplicate_groups

BUSI = Path(os.environ.get("BUSI_DIR", SHARED / "data" / "busi"))


def _image(seed, height=300, width=360):
    """Speckle over soft layers and blobs, with a dark ellipse: as alike as ultrasound images are."""
    random = np.random.default_rng(seed)

    def blobs(rows, columns):
        noise = random.normal(size=(rows, columns)).astype(np.float32)
        return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)

    depth = np.linspace(0.9, -0.9, height, dtype=np.float32)[:, None]
    tissue = depth + 0.4 * blobs(14, 1) + 0.7 * blobs(12, 9) + 0.4 * blobs(30, 30) + 0.3 * blobs(100, 90)
    lesion = np.zeros((height, width), np.float32)
    centre = (int(width * random.uniform(0.35, 0.65)), int(height * random.uniform(0.3, 0.5)))
    axes = (int(width * random.uniform(0.08, 0.16)), int(height * random.uniform(0.08, 0.14)))
    cv2.ellipse(lesion, centre, axes, 0, 0, 360, 1.0, -1)
    tissue -= 1.5 * cv2.GaussianBlur(lesion, (0, 0), 4)
    grey = np.clip(100 + 45 * tissue, 0, 255).astype(np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


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


def test_fingerprint_is_short_deterministic_text(images, fingerprints):
    assert fingerprints[0].isascii()
    assert len(fingerprints[0]) <= 1400
    assert fingerprint(images[0]) == fingerprints[0]
    assert fingerprint(images[0][..., 0]) == fingerprints[0]
    assert decode_fingerprints(fingerprints).shape == (60, 1024)


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


def test_a_chain_of_look_alikes_stops():
    # Each step keeps five parts of six of the last image's texture: neighbours look alike, the ends do not.
    textures = np.random.default_rng(5).normal(size=(14, 24, 24)).astype(np.float32)
    chain = []
    for start in range(9):
        blend = cv2.resize(textures[start : start + 6].sum(0), (256, 256), interpolation=cv2.INTER_CUBIC)
        chain.append(fingerprint(np.clip(128 + 20 * blend, 0, 255).astype(np.uint8)))
    for one, two in pairwise(chain):
        assert find_near_duplicates([one], [two]).reference == 0
    for one, two in zip(chain, chain[2:], strict=False):  # four parts of six in common
        assert find_near_duplicates([one], [two]).reference == -1
    groups = near_duplicate_groups(chain)
    assert groups[0] != groups[-1]
    assert len(set(groups.tolist())) < len(chain)


@pytest.mark.parametrize(("correlation", "groups"), [(0.9, 1), (0.8, 2)])
def test_only_sure_copies_join_along_a_chain(correlation, groups):
    pairs = np.array([[i, i + 1] for i in range(5)])
    found = search._joined(6, pairs, np.full(5, correlation, np.float32))
    assert len(set(found.tolist())) == groups


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 500), (300, 400, 3)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_a_constant_image_is_like_nothing(shape, grey, fingerprints):
    blank = fingerprint(np.full(shape, grey, np.uint8))
    assert not decode_fingerprints([blank]).any()
    assert near_duplicate_groups([blank, fingerprints[0], blank, fingerprints[0]]).tolist() == [0, 1, 2, 1]
    assert find_near_duplicates([blank], [*fingerprints, blank]).reference.tolist() == [-1]


def test_faint_noise_is_like_nothing():
    noise = np.random.default_rng(1).integers(100, 102, (2, 200, 200), dtype=np.uint8)
    assert near_duplicate_groups([fingerprint(image) for image in noise]).tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(3, 1000), (7, 5, 3), (5000, 40)])
def test_odd_shapes_give_finite_fingerprints(shape):
    pixels = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    text = fingerprint(pixels)
    assert np.isfinite(decode_fingerprints([text])).all()
    assert near_duplicate_groups([text, text]).tolist() == [0, 0]


def test_no_images():
    assert near_duplicate_groups([]).shape == (0,)
    assert find_near_duplicates([], []).reference.shape == (0,)
    assert decode_fingerprints([]).shape == (0, 1024)


def test_blocks_do_not_change_the_result(monkeypatch, images, fingerprints):
    random = np.random.default_rng(4)
    everything = fingerprints + [fingerprint(_everything(image, random)) for image in images]
    whole = near_duplicate_groups(everything)
    monkeypatch.setattr(search, "_ROWS", 7)
    monkeypatch.setattr(search, "_PAIRS", 5)
    np.testing.assert_array_equal(near_duplicate_groups(everything), whole)


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
    best = find_near_duplicates([fingerprint(change(pixels[i], random)) for i in some], known)
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
