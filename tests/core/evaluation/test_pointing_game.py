import numpy as np
import pytest

from core.evaluation.pointing_game import Pointing, PointingAccuracy, accuracy, point
from core.images.preprocessing import Preprocessing

TO_64 = Preprocessing(image_size=64)


def mask(rows: slice, columns: slice, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    drawn = np.zeros((100, 120, 3), np.uint8)
    drawn[rows, columns] = colour
    return drawn


def peak_at(row: int, column: int) -> np.ndarray:
    saliency = np.full((4, 4), 0.1, np.float32)
    saliency[row, column] = 1
    return saliency


def test_the_peak_is_inside_where_its_cells_centre_is() -> None:
    upper_left = mask(slice(0, 50), slice(0, 60))
    assert point(peak_at(1, 1), [upper_left], TO_64) == Pointing(True, 0.25)
    assert point(peak_at(1, 2), [upper_left], TO_64) == Pointing(False, 0.25)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
def test_a_lesion_of_any_colour_is_pointed_at(colour: tuple[int, int, int]) -> None:
    assert point(peak_at(1, 1), [mask(slice(0, 50), slice(0, 60), colour)], TO_64) == Pointing(True, 0.25)


def test_several_masks_are_one_lesion() -> None:
    masks = [mask(slice(0, 50), slice(0, 60)), mask(slice(50, 100), slice(60, 120))]
    assert point(peak_at(3, 3), masks, TO_64) == Pointing(True, 0.5)


def test_without_a_lesion_nothing_is_counted_and_without_saliency_nothing_is_hit() -> None:
    assert point(peak_at(0, 0), [], TO_64) is None
    assert point(peak_at(0, 0), [mask(slice(0), slice(0))], TO_64) is None
    everywhere = mask(slice(None), slice(None))
    assert point(np.zeros((4, 4), np.float32), [everywhere], TO_64) == Pointing(False, 1.0)


def test_the_accuracy_counts_groups_and_images_with_a_mask() -> None:
    pointings = [Pointing(True, 0.2), Pointing(True, 0.4), None, Pointing(False, 0.3)]
    alone, together = accuracy(pointings, [0, 1, 2, 3]), accuracy(pointings, [0, 0, 2, 0])
    assert alone is not None
    assert together is not None
    assert alone.images == 3
    assert alone.value == pytest.approx(2 / 3)
    assert alone.random_hits == pytest.approx(0.3)
    assert together.low < alone.low
    assert accuracy([None, None], [0, 1]) is None


def test_the_earlier_names_of_its_fields_are_read() -> None:
    found = accuracy([Pointing(True, 0.25)], [0])
    assert found is not None
    earlier = {"pictures": 1, "value": 1, "low": found.low, "high": 1, "chance": 0.25}
    assert PointingAccuracy.model_validate(earlier) == found
    assert PointingAccuracy.model_validate_json(found.model_dump_json()) == found
