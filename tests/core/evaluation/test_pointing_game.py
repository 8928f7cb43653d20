import numpy as np
import pytest

from core.evaluation.pointing_game import Throw, score, throw
from core.images.preprocessing import Preprocessing

TO_64 = Preprocessing(image_size=64)


def mask(rows: slice, columns: slice) -> np.ndarray:
    drawn = np.zeros((100, 120, 3), np.uint8)
    drawn[rows, columns] = 255
    return drawn


def peak_at(row: int, column: int) -> np.ndarray:
    saliency = np.full((4, 4), 0.1, np.float32)
    saliency[row, column] = 1
    return saliency


def test_the_peak_is_inside_where_its_cells_centre_is() -> None:
    upper_left = mask(slice(0, 50), slice(0, 60))
    assert throw(peak_at(1, 1), [upper_left], TO_64) == Throw(True, 0.25)
    assert throw(peak_at(1, 2), [upper_left], TO_64) == Throw(False, 0.25)


def test_several_masks_are_one_lesion() -> None:
    masks = [mask(slice(0, 50), slice(0, 60)), mask(slice(50, 100), slice(60, 120))]
    assert throw(peak_at(3, 3), masks, TO_64) == Throw(True, 0.5)


def test_without_a_lesion_nothing_is_counted_and_without_saliency_nothing_is_hit() -> None:
    assert throw(peak_at(0, 0), [], TO_64) is None
    assert throw(peak_at(0, 0), [mask(slice(0), slice(0))], TO_64) is None
    everywhere = mask(slice(None), slice(None))
    assert throw(np.zeros((4, 4), np.float32), [everywhere], TO_64) == Throw(False, 1.0)


def test_the_score_counts_groups_and_images_with_a_mask() -> None:
    throws = [Throw(True, 0.2), Throw(True, 0.4), None, Throw(False, 0.3)]
    alone, together = score(throws, [0, 1, 2, 3]), score(throws, [0, 0, 2, 0])
    assert alone is not None
    assert together is not None
    assert alone.images == 3
    assert alone.inside.value == pytest.approx(2 / 3)
    assert alone.chance == pytest.approx(0.3)
    assert together.inside.low < alone.inside.low
    assert score([None, None], [0, 1]) is None
