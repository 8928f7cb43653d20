"""Which image a mask belongs to, by its name; tests/core/data/test_masks.py has the naming schemes."""

from __future__ import annotations

import time

import pytest

from core.data.mask_names import mask_owners, may_have_owner, names_a_mask, owners_of, read_names


def test_a_mask_is_known_by_its_name_and_by_its_image() -> None:
    files = ["a/x.png", "a/x_mask.jpg", "b/x_mask.png", "a/y_MASK_12.png", "a/mask.png", "a/masked.png"]
    assert [names_a_mask(file) for file in files] == [False, True, True, True, True, False]
    assert mask_owners(files) == {"a/x_mask.jpg": "a/x.png"}


def test_only_the_images_given_own_a_mask() -> None:
    files = ["a/x.png", "a/x.jpg", "a/x_mask.png"]
    assert owners_of(read_names(files), {"a/x.jpg"}) == {"a/x_mask.png": "a/x.jpg"}
    assert owners_of(read_names(files), set()) == {}


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
    assert may_have_owner(mask)


def test_a_file_in_a_folder_of_masks_may_have_an_owner() -> None:
    files = ["a/images/x.png", "a/masks/x.png"]
    assert mask_owners(files) == {"a/masks/x.png": "a/images/x.png"}
    assert [may_have_owner(file) for file in files] == [False, True]


def test_folders_that_all_files_are_in_say_nothing() -> None:
    inside = ["/x/segmentation/Benign/1.png", "/x/segmentation/GT/1.png"]
    assert mask_owners(inside) == {inside[1]: inside[0]}
    assert mask_owners(["/masks/1.png", "/masks/2.png"]) == {}


def test_an_image_may_lie_in_a_folder_that_is_named_like_one_of_masks() -> None:
    files = [f"BUS_segmentation/{kind}/{number}.png" for kind in ("images", "masks") for number in (1, 2)]
    assert mask_owners([*files, "BUSI/benign/1.png"]) == {files[2]: files[0], files[3]: files[1]}
    # The image of a mask is in its own source, or is deleted.
    assert mask_owners([files[2], files[1], "BUSI/benign/1.png"]) == {}
    assert mask_owners(["BUS/GT/1.png", "BUS/original/2.png", "Other/1.png"]) == {}


@pytest.mark.parametrize("images", ["pictures", "Raw images", "BUS_images", "Bilder"])
def test_twin_folders_may_have_any_name_for_images(images: str) -> None:
    files = [f"{kind}/{label}/1.png" for kind in (images, "masks") for label in ("benign", "malignant")]
    assert mask_owners(files) == {files[2]: files[0], files[3]: files[1]}


def test_the_mask_of_a_deleted_image_is_not_that_of_another_class() -> None:
    files = ["benign/masks/1.png", "benign/images/2.png", "malignant/images/1.png"]
    assert mask_owners(files) == {}


def test_names_that_belong_to_each_other_end() -> None:
    assert mask_owners(["mask/1.png", "gt/1.png", "seg/1_mask.png", "seg/1.png"]) == {
        "seg/1_mask.png": "seg/1.png"
    }


@pytest.mark.parametrize(
    ("image", "mask", "owned"),
    [
        ("b/b ({}).png", "b/b ({})_mask.png", True),
        ("case{}/images/1.png", "case{}0000/masks/1.png", False),
    ],
)
def test_many_names_take_seconds(image, mask, owned) -> None:
    numbers = range(3_000)
    files = [name.format(number) for number in numbers for name in (image, mask)]
    began = time.process_time()
    assert (len(mask_owners(files)) == len(numbers)) == owned
    assert time.process_time() - began < 4
