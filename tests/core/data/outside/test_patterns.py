"""Patterns are drawn alike for one seed and differ from one another."""

import numpy as np

from core.data.outside import patterns


def test_patterns_are_the_same_for_one_seed_and_use_all_grey_values() -> None:
    first, again, other = (
        [next(motif.images()) for motif in patterns.motifs(seed)[::6]] for seed in (0, 0, 1)
    )
    assert all(np.array_equal(one, same) for one, same in zip(first, again, strict=True))
    assert not any(np.array_equal(one, new) for one, new in zip(first, other, strict=True))
    assert {(image.min(), image.max()) for image in first} == {(0, 255)}
