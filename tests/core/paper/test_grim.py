import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.paper import grim, reconstruction

NUMBERS = np.arange(30, 3001)


def fits_all(shares: list[grim.Share]) -> list[int]:
    return NUMBERS[grim.fitting(shares, NUMBERS) == len(shares)].tolist()


def test_table_3_leaves_283_and_1138_and_their_multiples_alone() -> None:
    assert fits_all(reconstruction.table_3("val_accuracy")) == list(range(283, 3001, 283))
    assert fits_all(reconstruction.table_3("accuracy")) == [1138, 2276]


@given(st.integers(30, 3000), st.lists(st.floats(0, 1), min_size=1, max_size=10), st.integers(1, 6))
def test_true_shares_always_fit_their_number(size, parts, digits) -> None:
    shares = [grim.Share(round(round(part * size) * 10**digits / size), digits) for part in parts]
    assert size in fits_all(shares)


def test_a_share_that_no_number_gives_is_refused() -> None:
    # Of 100 images, 0.8975 would be 89.75 images.
    assert not grim.fitting([grim.Share(8975, 4)], np.array([100]))[0]
    assert grim.fitting([grim.Share(90, 2)], np.array([100]))[0]


def test_chance_hits_are_as_many_as_a_draw_of_shares_gives() -> None:
    rng = np.random.default_rng(0)
    numbers = np.arange(30, 301)
    drawn = [[grim.Share(int(units), 4) for units in rng.integers(0, 10_001, 2)] for _ in range(400)]
    hits = np.mean([(grim.fitting(shares, numbers) == 2).sum() for shares in drawn])
    assert hits == pytest.approx(grim.expected_by_chance(drawn[0], numbers), rel=0.2)


def test_shares_are_read_as_people_write_them() -> None:
    assert grim.read_shares("0.8975, .50\n89.75 %;7%") == [(8975, 4), (50, 2), (8975, 4), (7, 2)]


@pytest.mark.parametrize(
    "text", ["", "ninety", "89.75", "0.9 1.2", "-0.5", "0.1234567890", "150 %", "0,8975"]
)
def test_what_is_no_share_is_named(text) -> None:
    with pytest.raises(UserError):
        grim.read_shares(text)
