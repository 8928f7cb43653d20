"""What an augmentation can do, laid out, and what a change did to an image."""

import cv2
import numpy as np
import pytest

from core.augmentation import difference, preview
from core.augmentation.draw import Draw
from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.augmentation.transform import apply, draw, matrix

SIDE = 60
NOISE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
WIDE = AUGMENTATIONS["wide"].model_copy(update={"height_shift_range": 0.2})


def test_every_draw_lies_in_the_ranges_and_fills_them() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw(WIDE, rng, (SIDE, SIDE))._asdict() for _ in range(500)]
    ranges = preview.ranges(WIDE, SIDE)
    assert set(ranges) == set(Draw._fields) - {"grain"}
    for field, (low, high) in ranges.items():
        values = np.array([one[field] for one in drawn], float)
        assert low <= values.min() <= low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) <= values.max() <= high


def test_ranges_name_only_what_changes() -> None:
    assert preview.ranges(AUGMENTATIONS["none"], SIDE) == {}
    assert list(preview.ranges(AUGMENTATIONS["paper"], SIDE)) == ["theta", "shear", "zx", "zy"]
    assert preview.ranges(Augmentation(gamma_range=(2, 2)), SIDE) == {"gamma": (2, 2)}


def test_a_strip_goes_from_one_end_to_the_other_and_changes_nothing_else() -> None:
    strips = preview.strips(WIDE, SIDE)
    for field, (low, high) in preview.ranges(WIDE, SIDE).items():
        values = [getattr(one, field) for one in strips[field]]
        assert (values[0], values[-1]) == (low, high)
        assert all(set(preview.parts(one)) <= {field} for one in strips[field])
    assert [len(strip) for strip in strips.values()] == [2 if name[0] == "f" else 5 for name in strips]


def test_the_parts_of_a_draw_make_it_up() -> None:
    whole = Draw(theta=3, zx=1.2, flip_horizontal=True, gamma=0.8, speckle=0.1, grain=5)
    parts = preview.parts(whole)
    assert list(parts) == ["theta", "zx", "flip_horizontal", "gamma", "speckle"]
    assert parts["speckle"].grain == 5
    assert Draw(grain=5, **{field: getattr(one, field) for field, one in parts.items()}) == whole
    assert preview.parts(Draw()) == {}


def test_shear_taken_for_radians_is_valid_whatever_the_number() -> None:
    taken = preview.shear_as_radians(AUGMENTATIONS["paper"])
    assert taken.shear_range == pytest.approx(11.459, abs=1e-3)
    steep = preview.shear_as_radians(Augmentation(shear_range=45))
    assert Augmentation.model_validate(steep.model_dump()) == steep


def test_the_difference_tells_brighter_from_darker_and_how_much() -> None:
    before = np.full((2, 2, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0], after[0, 1], after[1, 0] = 110, 90, 102
    assert difference.signed(before, after).tolist() == [[10, -10], [2, 0]]
    assert difference.amount(before, after) == (22 / 4, 0.5)
    (brighter, darker), (_, same) = difference.view(before, after, amplification=255).astype(int)
    assert brighter[0] > brighter[2] + 100  # orange
    assert darker[2] > darker[0] + 100  # blue
    assert len(set(same.tolist())) == 1
    weak = difference.view(before, after, amplification=1).astype(int)
    assert np.abs(weak[0, 0] - same).max() < np.abs(brighter - same).max()


@pytest.mark.parametrize(
    "one",
    [
        Draw(),
        Draw(zx=0.5, zy=0.5),
        Draw(zx=1.5),
        Draw(tx=7.3),
        Draw(theta=20, zx=1.2, zy=1.1, shear=12, ty=-4.2, flip_horizontal=True),
    ],
)
def test_what_is_made_up_is_what_a_image_without_fill_leaves_empty(one) -> None:
    white = np.full((SIDE, SIDE), 255, np.uint8)
    filled = cv2.warpAffine(
        white, matrix(one, SIDE, SIDE), (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    sure = (filled < 100) | (filled > 155)  # between them the border of a pixel runs through
    made_up = difference.made_up(one, SIDE, SIDE)
    assert ((filled < 128) == made_up)[sure].all()
    assert sure.mean() > 0.95


def test_marking_tints_what_is_made_up_and_leaves_the_rest() -> None:
    one = Draw(tx=20)
    made_up = difference.made_up(one, SIDE, SIDE)
    image = apply(NOISE, one)
    marked = difference.mark(image, made_up)
    assert np.array_equal(marked[~made_up], image[~made_up])
    inside = made_up.copy()
    inside[:, 1:-1] &= made_up[:, :-2] & made_up[:, 2:]
    assert (marked[inside].astype(int)[:, 0] > marked[inside].astype(int)[:, 2]).mean() > 0.9


def test_zoom_makes_an_oval_of_the_ring() -> None:
    ringed = difference.with_ring(np.zeros((200, 200, 3), np.uint8))
    for one, ratio in ((Draw(), 1), (Draw(zx=0.8, zy=1.2), 1.5)):
        rows, columns = np.nonzero(apply(ringed, one).any(axis=2))
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(ratio, rel=0.05)
