"""Drawn calipers and letters are found, and tissue is not taken for them."""

import cv2
import numpy as np
import pytest
from PIL import Image

from core.data.phantom import dataset as phantom_dataset
from core.data.phantom.simulate import CLASSES, Phantom, simulate
from core.images import burned_in

# Looked at one by one in November 2026: every cross found in BUSI is one, and all of these letters are.
BUSI_CALIPERS = 125
BUSI_LETTERS = 286
# By eye, of 84 images drawn at random: without a mark, and with letters.
BUSI_BARE = ("benign (41)", "benign (65)", "benign (68)", "benign (101)", "normal (5)", "normal (84)")
BUSI_LETTERED = ("benign (309)", "benign (401)", "benign (318)", "malignant (140)", "malignant (143)")


def simulated(number: int) -> Phantom:
    label = CLASSES[number % 3]
    return simulate(label, np.random.default_rng([77, number]))


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def test_simulated_tissue_is_taken_for_neither() -> None:
    for number in range(6):
        assert burned_in.find_annotations(rgb(simulated(number).image)) == (False, False)


def test_drawn_calipers_are_found() -> None:
    for number in (0, 1, 3, 4):
        marked = simulated(number)
        phantom_dataset._draw_calipers(marked.image, marked.masks[0])
        assert burned_in.find_annotations(rgb(marked.image)) == (True, False)


@pytest.mark.parametrize("colour", [(230, 230, 230), (255, 255, 0)])
def test_drawn_letters_are_found(colour) -> None:
    for number, text in ((0, "RT UOQ"), (2, "LT")):
        marked = rgb(simulated(number).image)
        cv2.putText(marked, text, (30, 280), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 2)
        assert burned_in.find_annotations(marked) == (False, True)


def test_a_grid_is_no_calipers() -> None:
    marked = simulated(2).image
    marked[::40] = marked[:, ::40] = 255
    assert not burned_in.find_annotations(rgb(marked)).calipers


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (12, 12), (2400, 1800)])
def test_images_of_any_size_are_looked_at(shape) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert burned_in.find_annotations(noise).calipers is False


@pytest.mark.busi
def test_what_was_seen_in_busi_by_eye_is_found(busi) -> None:
    for names, has_letters in ((BUSI_BARE, False), (BUSI_LETTERED, True)):
        for name in names:
            pixels = np.asarray(Image.open(busi / name.split()[0] / f"{name}.png").convert("RGB"))
            assert burned_in.find_annotations(pixels) == (False, has_letters), name


@pytest.mark.busi
@pytest.mark.slow
def test_in_all_of_busi_as_many_are_found_as_were_looked_at(busi) -> None:
    files = [file for file in busi.glob("*/*.png") if "_mask" not in file.name]
    found = [burned_in.find_annotations(np.asarray(Image.open(file).convert("RGB"))) for file in files]
    assert sum(each.calipers for each in found) == BUSI_CALIPERS
    assert sum(each.text for each in found) == BUSI_LETTERS
