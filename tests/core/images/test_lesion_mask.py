"""A pixel of a mask is lesion or not, whatever the colour of the mask."""

import numpy as np
import pytest

from core.images.lesion_mask import is_lesion


@pytest.mark.parametrize("colour", [(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)])
def test_a_lesion_has_any_colour(colour: tuple[int, int, int]) -> None:
    mask = np.zeros((4, 6, 3), np.uint8)
    mask[1:3, 2:5] = colour
    expected = np.zeros((4, 6), bool)
    expected[1:3, 2:5] = True
    np.testing.assert_array_equal(is_lesion(mask), expected)


def test_what_is_darker_than_half_is_none() -> None:
    assert not is_lesion(np.full((2, 2, 3), 127, np.uint8)).any()
