import cv2
import numpy as np
import pytest

from core.augmentation import difference
from core.augmentation.draw import Draw
from core.augmentation.transform import apply, matrix

SIDE = 60
NOISE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def test_the_difference_tells_brighter_from_darker_and_how_much() -> None:
    before = np.full((2, 2, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0], after[0, 1], after[1, 0] = 110, 90, 102
    assert difference.signed(before, after).tolist() == [[10, -10], [2, 0]]
    assert difference.amount(before, after) == (22 / 4, 0.5)
    (brighter, darker), (_, same) = difference.draw_difference(before, after, amplification=255).astype(int)
    assert brighter[0] > brighter[2] + 100  # orange
    assert darker[2] > darker[0] + 100  # blue
    assert len(set(same.tolist())) == 1
    weak = difference.draw_difference(before, after, amplification=1).astype(int)
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
def test_filled_pixels_are_those_that_a_warp_without_fill_leaves_empty(one) -> None:
    white = np.full((SIDE, SIDE), 255, np.uint8)
    warped = cv2.warpAffine(
        white, matrix(one, SIDE, SIDE), (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    sure = (warped < 100) | (warped > 155)  # between them the border of a pixel runs through
    filled = difference.filled(one, SIDE, SIDE)
    assert ((warped < 128) == filled)[sure].all()
    assert sure.mean() > 0.95


def test_marking_tints_the_filled_pixels_and_leaves_the_rest() -> None:
    one = Draw(tx=20)
    filled = difference.filled(one, SIDE, SIDE)
    image = apply(NOISE, one)
    marked = difference.mark(image, filled)
    assert np.array_equal(marked[~filled], image[~filled])
    inside = filled.copy()
    inside[:, 1:-1] &= filled[:, :-2] & filled[:, 2:]
    assert (marked[inside].astype(int)[:, 0] > marked[inside].astype(int)[:, 2]).mean() > 0.9


def test_zoom_makes_an_oval_of_the_ring() -> None:
    ringed = difference.with_ring(np.zeros((200, 200, 3), np.uint8))
    for one, ratio in ((Draw(), 1), (Draw(zx=0.8, zy=1.2), 1.5)):
        rows, columns = np.nonzero(apply(ringed, one).any(axis=2))
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(ratio, rel=0.05)
