import numpy as np
import pytest

from core.augmentation import preview
from core.augmentation.draw import Draw, sample_draw
from core.augmentation.ranges import AUGMENTATIONS, Augmentation

SIDE = 60
ALL = AUGMENTATIONS["strong"].model_copy(update={"height_shift_range": 0.2})


def test_every_draw_lies_in_the_ranges_and_fills_them() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample_draw(ALL, rng, (SIDE, SIDE))._asdict() for _ in range(500)]
    ranges = preview.ranges(ALL, SIDE)
    assert set(ranges) == set(Draw._fields)
    for field, (low, high) in ranges.items():
        values = np.array([one[field] for one in drawn], float)
        assert low <= values.min() <= low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) <= values.max() <= high


def test_ranges_name_only_what_changes() -> None:
    assert preview.ranges(AUGMENTATIONS["none"], SIDE) == {}
    assert list(preview.ranges(AUGMENTATIONS["paper"], SIDE)) == ["theta", "shear", "zx", "zy"]
    assert preview.ranges(Augmentation(gamma_range=(2, 2)), SIDE) == {"gamma": (2, 2)}


def test_a_strip_goes_from_one_end_to_the_other_and_changes_nothing_else() -> None:
    strips = preview.strips(ALL, SIDE)
    for field, (low, high) in preview.ranges(ALL, SIDE).items():
        values = [getattr(one, field) for one in strips[field]]
        assert (values[0], values[-1]) == (low, high)
        assert all(set(preview.single_changes(one)) <= {field} for one in strips[field])
    assert [len(strip) for strip in strips.values()] == [2 if name[0] == "f" else 5 for name in strips]


def test_the_parts_of_a_draw_make_it_up() -> None:
    whole = Draw(theta=3, zx=1.2, flip_horizontal=True, gamma=0.8)
    parts = preview.single_changes(whole)
    assert list(parts) == ["theta", "zx", "flip_horizontal", "gamma"]
    assert Draw(**{field: getattr(one, field) for field, one in parts.items()}) == whole
    assert preview.single_changes(Draw()) == {}


def test_shear_taken_for_radians_is_valid_whatever_the_number() -> None:
    taken = preview.shear_as_radians(AUGMENTATIONS["paper"])
    assert taken.shear_range == pytest.approx(11.459, abs=1e-3)
    steep = preview.shear_as_radians(Augmentation(shear_range=45))
    assert Augmentation.model_validate(steep.model_dump()) == steep
