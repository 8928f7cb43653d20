"""Which image a mask belongs to, by its name; tests/core/data/test_masks.py has the naming schemes."""

from __future__ import annotations

import time

import pytest

from core.data.mask_names import mask_owners, names_a_mask


def test_a_mask_is_known_by_its_name_and_by_its_image() -> None:
    files = ["a/x.png", "a/x_mask.jpg", "b/x_mask.png", "a/y_MASK_12.png", "a/mask.png", "a/masked.png"]
    assert [names_a_mask(file) for file in files] == [False, True, True, True, True, False]
    assert mask_owners(files) == {"a/x_mask.jpg": "a/x.png"}


def test_only_the_images_given_own_a_mask() -> None:
    files = ["a/x.png", "a/x.jpg", "a/x_mask.png"]
    assert mask_owners(files, {"a/x.jpg"}) == {"a/x_mask.png": "a/x.jpg"}
    assert mask_owners(files, set()) == {}


@pytest.mark.parametrize(
    ("mask", "image"),
    [
        ("k/scan1_mask.png", "k/scan1.png"),  # beside scan10 and scan11
        ("k/a-1_mask.png", "k/a-1.png"),  # beside "a 1", which reads alike
        ("k/a 1_mask.png", "k/a 1.png"),
        ("k/scan1_mask_mask_2.png", "k/scan1.png"),
        ("k/scan1_Ground-Truth.png", "k/scan1.png"),
        ("k/La\u0308sion_mask.png", "k/L\u00e4sion.png"),  # NFD beside NFC
        ("k/deep" + "_mask" * 5000 + ".png", "k/deep.png"),
    ],
)
def test_among_many_the_right_image_is_found(mask, image) -> None:
    images = [f"k/{name}.png" for name in ("scan1", "scan10", "scan11", "a-1", "a 1", "L\u00e4sion", "deep")]
    assert mask_owners([*images, mask, "k/scan10_mask.png"])[mask] == image


def test_folders_that_all_files_are_in_say_nothing() -> None:
    inside = ["/x/segmentation/Benign/1.png", "/x/segmentation/GT/1.png"]
    assert mask_owners(inside) == {inside[1]: inside[0]}
    assert mask_owners(["/masks/1.png", "/masks/2.png"]) == {}


def test_the_mask_of_a_deleted_image_is_not_that_of_another_class() -> None:
    files = ["benign/masks/1.png", "benign/images/2.png", "malignant/images/1.png"]
    assert mask_owners(files) == {}


def test_names_that_belong_to_each_other_end() -> None:
    assert mask_owners(["mask/1.png", "gt/1.png", "seg/1_mask.png", "seg/1.png"]) == {
        "seg/1_mask.png": "seg/1.png"
    }


def test_many_names_take_seconds() -> None:
    files = [f"b/b ({number}){mask}.png" for number in range(20_000) for mask in ("", "_mask")]
    began = time.process_time()
    assert len(mask_owners(files)) == 20_000
    assert time.process_time() - began < 8
