"""What is the same class, and what is none."""

from pathlib import Path

import pytest
from image_files import write_noise

from core.data.class_names import ClassMap, why_no_class
from core.data.index import build_index
from core.data.reader import Reading, read_folder
from core.errors import UserError


def test_classes_are_mapped_and_a_mapping_of_nothing_is_refused(tmp_path: Path) -> None:
    for number, file in enumerate(
        ("cyst/1.png", "Fibroadenoma/1.png", "ca/1.png", "benign/1.png", "nothing.png")
    ):
        write_noise(tmp_path / file, number)
    mapping = {"Cyst": "benign", "fibroadenoma ": "benign", "CA": "malignant"}
    data = read_folder(tmp_path, Reading(mapping=mapping))
    index = build_index(data)
    assert index.table["class"].value_counts().to_dict() == {"benign": 3, "malignant": 1}
    assert index.remarks[0] == "1 image outside the class folders is left out: 'nothing.png'."
    with pytest.raises(
        UserError, match="--map names 'lipoma', which is no class of the data; its classes are Fibroadenoma,"
    ):
        read_folder(tmp_path, Reading(mapping={"lipoma": "benign"}))


def test_classes_of_a_model_keep_its_spelling(tmp_path: Path) -> None:
    for number, file in enumerate(("CYST/1.png", "Solid Mass/1.png")):
        write_noise(tmp_path / file, number)
    data = read_folder(tmp_path, Reading(known_classes=("Cyst", "solid_mass")))
    assert build_index(data).table["class"].tolist() == ["Cyst", "solid_mass"]


def test_the_unicode_form_of_a_name_does_not_matter(tmp_path: Path) -> None:
    for number, file in enumerate(("bo\u0308sartig/1.png", "b\u00f6sartig/2.png", "gutartig/1.png")):
        write_noise(tmp_path / file, number)
    assert set(build_index(read_folder(tmp_path)).table["class"]) == {"b\u00f6sartig", "gutartig"}
    data = read_folder(tmp_path, Reading(mapping={"B\u00f6sartig": "malignant"}))
    assert build_index(data).table["class"].tolist() == ["gutartig", "malignant", "malignant"]
    assert ClassMap({"b\u00f6se": "malignant"}).word_in(["bo\u0308se"]) == "malignant"


def test_names_that_can_be_no_class() -> None:
    named = {
        "names a set of a split": ("train", "Validation", "test set"),
        "names segmentation masks or labels": ("masks", "Ground truth", "GT", "labels"),
        "says only that images are in it": (
            "Images",
            "png",
            "original",
            "Raw images",
            "BUS_images",
            "Bilder",
        ),
        "names augmented copies, which would be tested on beside their originals": (
            "augmented",
            "Aug images",
        ),
        "": ("benign", "cyst", "BI-RADS 4", "normal tissue", "1"),
    }
    for why, names in named.items():
        assert {why_no_class(name) for name in names} == {why}


def test_the_word_in_a_name_is_a_class_if_it_is_the_only_one() -> None:
    classes = ClassMap({"cyst": "benign"})
    assert classes.word_in(["BUS", "Malignant", "x"]) == "malignant"
    assert classes.word_in(["cyst", "benign"]) == "benign"
    assert classes.word_in(["benign", "or", "malignant"]) is None
    assert classes.word_in(["scan"]) is None
