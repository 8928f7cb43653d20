"""Views of one image, and random numbers of a motif of its own."""

import numpy as np

from core.data.outside.motif import generator_of, views


def test_views_are_the_image_and_two_crops_from_opposite_corners() -> None:
    pixels = np.arange(8 * 12 * 3, dtype=np.uint8).reshape(8, 12, 3)
    whole, first, second = views(pixels)
    np.testing.assert_array_equal(whole, pixels)
    assert first.shape == second.shape == (6, 9, 3)
    np.testing.assert_array_equal(first[0, 0], pixels[0, 0])
    np.testing.assert_array_equal(second[-1, -1], pixels[-1, -1])


def test_a_generator_depends_on_seed_and_origin_alone() -> None:
    one, same = (generator_of(0, "noise 1").random() for _ in range(2))
    assert one == same
    assert one not in (generator_of(1, "noise 1").random(), generator_of(0, "noise 2").random())
