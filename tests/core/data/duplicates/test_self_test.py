"""The search for near-duplicates sees through every change that the project demands, on phantoms."""

import cv2
import numpy as np
import pytest

from core.data.duplicates import self_test
from core.data.duplicates.changes import CHANGES, mirrored_and_rotated
from core.data.duplicates.common_frames import FRAMES, MOST_MERGED
from core.data.duplicates.fingerprint import fingerprint
from core.data.duplicates.search import near_duplicate_groups
from core.data.duplicates.self_test import run_self_test
from core.data.phantom.simulate import CLASSES, simulate

pytestmark = pytest.mark.xdist_group("self_test")
IMAGES, FAMILIES, COPIES = 16, 2, 20
DEMANDED = [change for change in CHANGES if change.wanted is not None]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms")
    found = [folder / f"{number:02}.png" for number in range(IMAGES)]
    for number, path in enumerate(found):
        cv2.imwrite(str(path), simulate(CLASSES[number % 3], np.random.default_rng(number)).image)
    return found


@pytest.fixture(scope="module")
def tested(paths):
    steps = []
    with pytest.MonkeyPatch.context() as patched:
        # Ten families of 40 copies take longer than all the rest.
        patched.setattr(self_test, "FAMILIES", FAMILIES)
        patched.setattr(self_test, "COPIES", COPIES)
        outcome = run_self_test(paths, lambda *step: steps.append(step))
    return outcome, steps


@pytest.mark.slow
def test_different_phantoms_are_different_groups(tested):
    assert tested[0].groups.tolist() == list(range(IMAGES))


@pytest.mark.parametrize("change", DEMANDED, ids=lambda change: change.name)
def test_a_changed_image_is_found(change, tested):
    outcome = next(one for one in tested[0].changes if one.name == change.name)
    assert outcome.found.mean() >= change.wanted
    assert not outcome.false.any()


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_a_common_frame_merges_nothing(frame, tested):
    outcome = next(one for one in tested[0].frames if one.name == frame.name)
    assert outcome.merged.mean() <= MOST_MERGED
    assert not outcome.seen_with.any()
    assert not outcome.seen_without.any()


def test_many_near_duplicates_stay_one_group(tested):
    families = tested[0].families
    assert (families.families, families.copies) == (FAMILIES, COPIES)
    assert (families.groups, families.whole) == (FAMILIES, FAMILIES)


def test_a_data_set_with_each_image_mirrored_and_rotated_as_well_has_pairs_as_groups(paths):
    images = [cv2.imread(str(path)) for path in paths]
    rng = np.random.default_rng(1)
    images += [mirrored_and_rotated(image, rng) for image in images]
    groups = near_duplicate_groups([fingerprint(image) for image in images])
    one, two = groups[:IMAGES], groups[IMAGES:]
    assert np.mean(one == two) >= 0.95
    assert len(set(one.tolist())) == len(set(two.tolist())) == IMAGES


def test_every_step_is_reported(tested):
    stages = {}
    for stage, done, count in tested[1]:
        assert done == stages.get(stage, 0) + 1
        stages[stage] = done
        assert done <= count
    assert list(stages.values()) == [IMAGES, len(CHANGES) + len(FRAMES), FAMILIES]


def test_of_many_images_some_are_drawn_the_same_each_time(paths, monkeypatch):
    monkeypatch.setattr(self_test, "COPIES", 1)
    one, two = (run_self_test(paths, lambda *_: None, most=3) for _ in range(2))
    assert len(one.tested) == 3
    assert len(set(one.tested.tolist())) == 3
    np.testing.assert_array_equal(one.tested, two.tested)
    assert len(one.groups) == len(one.changes[0].found) == 3
    for first, second in zip(one.changes, two.changes, strict=True):
        np.testing.assert_array_equal(first.found, second.found)


def test_near_duplicates_among_the_images_are_no_false_matches(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(self_test, "COPIES", 1)
    original = cv2.imread(str(paths[0]))
    near = tmp_path / "near.png"
    cv2.imwrite(str(near), original[2:-3, 3:-2])
    outcome = run_self_test([*paths[:3], near], lambda *_: None)
    assert outcome.groups.tolist() == [0, 1, 2, 0]
    assert not any(one.false.any() for one in outcome.changes)
    compressed = next(one for one in outcome.changes if "JPEG" in one.name)
    assert compressed.found.all()
    # Near-duplicates are in one half.
    assert all(one.first_half.tolist() == [0, 2, 3] for one in outcome.frames)


@pytest.mark.parametrize(
    ("found", "groups", "mixed"),
    [
        ([0, 0, 1, 2], [0, 0, 1, 2], [False, False, False, False]),
        ([0, 0, 0, 1], [0, 0, 1, 2], [True, True, True, False]),
        ([0, 1, 2, 2], [0, 0, 1, 1], [False, False, False, False]),
    ],
)
def test_mixed_groups_are_those_with_images_of_several(found, groups, mixed):
    assert self_test._mixed(np.array(found), np.array(groups)).tolist() == mixed
