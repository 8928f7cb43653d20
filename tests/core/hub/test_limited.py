"""A part of a data set of the Hub: all tables, and images that are drawn class by class."""

from collections import Counter

import pytest
from hub_datasets import CLASSES, DATA, files_in, images, png, upload, zipped

from core.errors import UserError
from core.hub.dataset import open_dataset
from core.hub.limited import Limit

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.usefixtures("empty_cache"),
]


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_a_limit_leaves_images_on_the_hub_that_are_not_drawn(hub):
    masks = {f"benign/{number}_mask.png": png(90 + number) for number in range(3)}
    commit = upload(hub, images() | masks | {"labels.csv": b"file,label\n"})
    found = open_dataset(f"{DATA}@{commit}", lambda *_: None, limit=Limit(images=4, size=10**6))
    files = files_in(found.folder)
    assert "labels.csv" in files
    drawn = [file for file in files if file.endswith(".png")]
    assert len(drawn) == 4
    assert not set(drawn) & set(masks)
    assert {file.split("/")[0] for file in drawn} == {"benign", "malignant", "normal"}
    asked = str(hub.log)
    left = set(images()) - set(drawn)
    assert not [file for file in left if f"/resolve/{commit}/{file}" in asked]
    # What is not limited has a place of its own.
    assert len(files_in(open_dataset(f"{DATA}@{commit}", lambda *_: None).folder)) == 9 + 3 + 2


def test_what_cannot_be_fetched_in_part_is_refused_before_it_is_fetched(hub):
    commit = upload(hub, {"scans.zip": zipped(images())})
    with pytest.raises(UserError, match=r"cannot be fetched in part, and the limit is 1\.0 kB"):
        open_dataset(f"{DATA}@{commit}", lambda *_: None, limit=Limit(images=4, size=1000))
    assert not [one for one in hub.log if "scans.zip" in str(one)]


@pytest.mark.parametrize("folder", ["images/", "BUS/images/"])
def test_of_images_in_one_folder_a_table_tells_the_classes(hub, folder):
    """Without it most of the drawn images would be benign, and some have no class at all."""
    classes = {f"{number}.png": CLASSES[max(0, number - 27)] for number in range(30)}
    rows = "".join(f"{file},{label}\n" for file, label in classes.items())
    table = {f"{folder.removesuffix('images/')}metadata.csv": f"file_name,label\n{rows}".encode()}
    files = {f"{folder}{file}": png(number) for number, file in enumerate([*classes, "30.png", "31.png"])}
    commit = upload(hub, files | table)
    found = open_dataset(f"{DATA}@{commit}", lambda *_: None, limit=Limit(images=3, size=10**6))
    drawn = [file for file in files_in(found.folder) if file.endswith(".png")]
    assert Counter(classes[file.rpartition("/")[2]] for file in drawn) == dict.fromkeys(CLASSES, 1)


def test_a_table_that_cannot_be_used_leaves_the_folders(hub):
    commit = upload(hub, images() | {"metadata.csv": b"file_name,label\nother.png,benign\n"})
    found = open_dataset(f"{DATA}@{commit}", lambda *_: None, limit=Limit(images=3, size=10**6))
    assert {file.split("/")[0] for file in files_in(found.folder)} >= set(CLASSES)


def test_sub_folders_of_a_class_are_no_classes(hub):
    patients = {f"benign/patient {number}/1.png": png(number) for number in range(20)}
    commit = upload(hub, patients | {f"malignant/{number}.png": png(50 + number) for number in range(3)})
    found = open_dataset(f"{DATA}@{commit}", lambda *_: None, limit=Limit(images=4, size=10**6))
    drawn = [file for file in files_in(found.folder) if file.endswith(".png")]
    assert Counter(file.split("/")[0] for file in drawn) == {"benign": 2, "malignant": 2}
