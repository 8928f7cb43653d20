"""The half of an image depends on seed and name, and is a fair draw."""

from core.data.halves import hash_of, measures

NAMES = [f"image {number}.png" for number in range(2000)]


def test_about_half_of_the_names_measure_and_another_seed_draws_others() -> None:
    first, again, other = ([measures(seed, name) for name in NAMES] for seed in (0, 0, 1))
    assert first == again
    assert 900 < sum(first) < 1100
    assert 900 < sum(one != two for one, two in zip(first, other, strict=True)) < 1100


def test_the_half_tells_nothing_of_other_draws_by_the_same_name() -> None:
    odd = [hash_of(0, name) % 2 == 1 for name in NAMES]
    assert 900 < sum(measures(0, name) == one for name, one in zip(NAMES, odd, strict=True)) < 1100
