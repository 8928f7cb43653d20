"""The size of a lesion by the share of the image that it covers."""

import pytest

from core.data.image_facts import read_image
from core.data.lesion_area import lesion_area
from core.data.lesion_size import SIZES, size_of


@pytest.mark.parametrize(
    ("area", "place"), [(0.001, 0), (0.0499, 0), (0.05, 1), (0.0999, 1), (0.1, 2), (1.0, 2)]
)
def test_a_size_begins_at_its_bound(area: float, place: int) -> None:
    assert size_of(area) == list(SIZES)[place]


def test_without_a_lesion_there_is_no_size() -> None:
    assert size_of(0.0) == size_of(float("nan")) == ""


@pytest.mark.busbra
def test_each_size_is_that_of_a_fifth_to_a_half_of_busbra(busbra) -> None:
    masks = sorted((busbra / "Masks").iterdir())[::10]
    sizes = [size_of(lesion_area([read_image(mask)])) for mask in masks]
    shares = [sizes.count(name) / len(masks) for name in SIZES]
    assert sum(shares) == pytest.approx(1)
    assert all(0.2 < share < 0.5 for share in shares)
