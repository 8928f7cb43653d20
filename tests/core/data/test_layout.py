"""Class, set and group of an image from its path; test_reader.py has whole data sets."""

from pathlib import Path

import data_sets
import pytest
from image_files import write_noise

from core.data.class_names import ClassMap
from core.data.index import build_index
from core.data.layout import Place, arrange, find_root
from core.data.reader import read_folder
from core.errors import UserError


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("images", "masks"), "images and masks are no classes: images says only that images are in it"),
        (("benign", "malignant", "augmented"), "augmented is no class: augmented names augmented copies"),
        (("benign", "malignant", "test"), "test is no class: test names a set of a split"),
        (("images",), "images is no class: images says only that images are in it"),
    ],
)
def test_folders_that_cannot_be_classes_are_refused_by_name(
    tmp_path: Path, names: tuple, message: str
) -> None:
    data_sets.write_not_classes(tmp_path, names=names)
    with pytest.raises(UserError) as refused:
        build_index(read_folder(tmp_path))
    assert message in str(refused.value)
    assert "--table" in str(refused.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("A/benign", "A/malignant", "B/benign", "B/malignant"), "A and B are no classes: A has folders of"),
        (("train/A/benign", "train/A/malignant", "train/B/benign"), "A and B are no classes"),
        (
            ("benign", "malignant", "more/of/benign"),
            "more is no class: more has folders of classes in it; give",
        ),
        ([f"p{n}/{'benign' if n % 2 else 'malignant'}" for n in range(5)], "p0, p1, p2 and 2 more are no"),
    ],
)
def test_folders_around_classes_are_no_classes(tmp_path: Path, files: list[str], message: str) -> None:
    for number, folder in enumerate(files):
        write_noise(tmp_path / folder / f"{number}.png", number)
    with pytest.raises(UserError, match=message):
        build_index(read_folder(tmp_path))


def test_numbers_of_videos_are_no_classes_within_classes_that_are_numbers() -> None:
    places = arrange(["0/1/1.png", "1/0/2.png"], ClassMap({"0": "benign", "1": "malignant"}, ("0", "1")))
    assert places == [Place("benign", "", "1"), Place("malignant", "", "0")]


def test_augmented_copies_within_a_class_are_refused(tmp_path: Path) -> None:
    for number, file in enumerate(("benign/1.png", "malignant/1.png", "benign/augmented/1.png")):
        write_noise(tmp_path / file, number)
    with pytest.raises(UserError, match="augmented is no class"):
        build_index(read_folder(tmp_path))


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("benign/1.png", Place("benign")),
        ("Train/images/Benign/p1/1.png", Place("benign", "train", "p1")),
        ("benign/valid/p1/left/1.png", Place("benign", "validation", "p1/left")),
        ("benign/Benign/1.png", Place("benign")),
        ("Original Images/benign/Bilder/1.png", Place("benign")),
        ("benign/scan 3/1.png", Place("benign", group="scan 3")),
        ("dev/malignant_001.png", Place("malignant", "validation")),
        ("test/001.png", Place("", "test", no_class="test")),
        ("images/masks/1.png", Place("", no_class="masks")),
        ("001.png", Place("")),
        ("BI-RADS 4/1.png", Place("BI-RADS 4")),
    ],
)
def test_a_path_alone_tells_its_place(file: str, place: Place) -> None:
    assert arrange([file], ClassMap()) == [place]


def test_sets_within_classes_count_only_where_all_classes_have_them() -> None:
    files = ["a/train/1.png", "b/test/2.png"]
    assert arrange(files, ClassMap()) == [Place("a", "train"), Place("b", "test")]
    assert arrange([*files, "b/3.png"], ClassMap())[0] == Place("a", "", "train")


@pytest.mark.parametrize(
    ("files", "root"),
    [
        (["x/y/benign/1.png", "x/y/malignant/1.png"], "x/y"),
        (["x/benign/p1/1.png", "x/benign/p2/1.png"], "x"),
        (["benign/p1/1.png", "benign/p2/1.png"], ""),
        (["train/benign/1.png", "train/malignant/1.png"], ""),
        (["x/1.png", "x/2.png"], ""),
        (["x/benign/1.png", "1.png"], ""),
        (["Dataset_BUSI_with_GT/benign/1.png", "Dataset_BUSI_with_GT/normal/1.png"], "Dataset_BUSI_with_GT"),
    ],
)
def test_folders_around_everything_are_entered_and_classes_are_not(files: list[str], root: str) -> None:
    assert find_root(files, ClassMap()) == root
