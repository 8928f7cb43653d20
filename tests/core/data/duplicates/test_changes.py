"""The changes of the self-test do what their names say."""

import numpy as np
import pytest

from core.data.duplicates import changes
from core.data.duplicates.changes import CHANGES
from core.data.phantom.simulate import simulate


@pytest.fixture(scope="module")
def pixels():
    grey = simulate("benign", np.random.default_rng(3)).image
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_gives_another_image_the_same_for_one_seed_and_leaves_the_original(change, pixels):
    before = pixels.copy()
    changed = change.apply(pixels, rng())
    assert changed.dtype == np.uint8
    assert changed.shape[2] == 3
    assert changed.shape != pixels.shape or (changed != pixels).any()
    np.testing.assert_array_equal(change.apply(pixels, rng()), changed)
    np.testing.assert_array_equal(pixels, before)


def test_names_are_different_and_demands_are_those_of_the_project():
    assert len({change.name for change in CHANGES}) == len(CHANGES)
    wanted = {change.name: change.wanted for change in CHANGES}
    lower = {name for name, share in wanted.items() if share == 0.90}
    assert lower == {"inverted grey values", "augmented (strong)"}
    assert [name for name, share in wanted.items() if share is None] == ["cropped by 10–20 % at each side"]


def test_mirrored_turned_and_inverted_twice_is_the_original(pixels):
    for change in (changes.mirrored, changes.upside_down, changes.turned_by_180, changes.inverted):
        np.testing.assert_array_equal(change(change(pixels, rng()), rng()), pixels)
    turned = changes.mirrored(changes.upside_down(pixels, rng()), rng())
    np.testing.assert_array_equal(turned, changes.turned_by_180(pixels, rng()))


def test_a_quarter_turn_goes_either_way(pixels):
    seen = {changes.turned_by_90(pixels, np.random.default_rng(seed)).tobytes() for seed in range(20)}
    assert seen == {np.rot90(pixels, times).tobytes() for times in (1, 3)}


@pytest.mark.parametrize(
    ("change", "least", "most"),
    [
        (changes.cropped_slightly, 0.94, 1),
        (changes.cropped, 0.8, 0.9),
        (changes.cropped_at_each_side, 0.6, 0.8),
    ],
)
def test_crops_keep_what_they_say(change, least, most, pixels):
    height, width = pixels.shape[:2]
    for seed in range(20):
        cropped = change(pixels, np.random.default_rng(seed))
        assert least * height - 1 <= cropped.shape[0] <= most * height + 1
        assert least * width - 1 <= cropped.shape[1] <= most * width + 1


def test_a_rotation_fills_the_corners_black_or_with_edge_pixels(pixels):
    by_name = {change.name: change.apply(pixels, rng()) for change in CHANGES}
    bright = np.full_like(pixels, 200)
    black, repeated = (
        next(change for change in CHANGES if change.name == f"rotated by 10°, {corners}").apply(bright, rng())
        for corners in ("black corners", "edge pixels repeated")
    )
    assert not black[0, 0].any()
    assert (repeated == 200).all()
    middle = slice(100, 200)
    np.testing.assert_array_equal(
        by_name["rotated by 10°, black corners"][middle, middle],
        by_name["rotated by 10°, edge pixels repeated"][middle, middle],
    )


def test_a_letterbox_is_a_white_square_with_the_image_in_its_middle(pixels):
    boxed = changes.letterboxed(pixels, rng())
    height, width = pixels.shape[:2]
    side = boxed.shape[0]
    assert boxed.shape[1] == side
    assert max(height, width) <= side <= 1.15 * max(height, width) + 1
    top, left = (side - height) // 2, (side - width) // 2
    np.testing.assert_array_equal(boxed[top : top + height, left : left + width], pixels)
    assert (boxed[: top - 1] == 255).all()


def test_compression_halves_the_size(pixels):
    small = changes.compressed(pixels, rng())
    assert small.shape[0] == pytest.approx(pixels.shape[0] / 2, abs=1)
    assert small.shape[1] == pytest.approx(pixels.shape[1] / 2, abs=1)


def test_other_grey_values_leave_the_geometry(pixels):
    changed = changes.retoned(pixels, rng())
    assert changed.shape == pixels.shape
    assert np.corrcoef(changed.ravel(), pixels.ravel())[0, 1] > 0.8
