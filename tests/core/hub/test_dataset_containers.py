"""A data set of the Hub in Parquet files, ZIP files or a file of arrays."""

import io

import numpy as np
import pytest
from hub_datasets import CARD, CLASSES, DATA, files_in, images, opened, png, table, upload, zipped
from reading import listed

from core.errors import UserError
from core.hub.dataset import open_dataset

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
    pytest.mark.usefixtures("empty_cache"),
]


@pytest.fixture
def hub(anns_hub):
    return anns_hub


def test_a_zip_is_unpacked_as_one_on_the_disk(hub):
    scans = images() | {"empty/": b""}
    upload(hub, {"data/scans.zip": zipped(scans | {"__MACOSX/x.png": png(1)}), "labels.csv": b"file,label\n"})
    folder = opened()[0].folder
    assert files_in(folder) == sorted([*images(), "labels.csv", ".data-set.json"])
    assert (folder / "empty").is_dir()


def test_several_zips_have_a_folder_each(hub):
    upload(
        hub, {"train.zip": zipped(images()), "test.ZIP": zipped({"benign/0.png": png(1)}), "1.png": png(2)}
    )
    expected = [*(f"train/{file}" for file in images()), "test/benign/0.png", "1.png", ".data-set.json"]
    assert files_in(opened()[0].folder) == sorted(expected)


def test_arrays_are_unpacked_with_the_names_of_their_classes(hub):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 7), np.uint8)
    np.savez(buffer, images=pixels, labels=np.arange(4) % 2)
    upload(hub, {"scans.npz": buffer.getvalue()})
    with pytest.raises(
        UserError, match=r"has the labels 0, 1, which have no names; name each class: --map 0=N"
    ):
        open_dataset(DATA, lambda *_: None)
    first = open_dataset(DATA, lambda *_: None, {"0": "benign", "1": "malignant"}).folder
    second = open_dataset(DATA, lambda *_: None, {"0": "a", "1": "b"}).folder
    assert files_in(first)[1:3] == ["benign/0000.png", "benign/0002.png"]
    assert files_in(second)[1:3] == ["a/0000.png", "a/0002.png"]


def test_parquet_files_of_several_sets_have_a_folder_for_each(hub):
    rows = [{"image": {"bytes": png(n), "path": f"{n}.png"}, "class": c} for c, n in ROWS]
    upload(
        hub,
        {
            "data/train-00000-of-00001.parquet": table(rows[:5]),
            "data/test-00000-of-00001.parquet": table(rows[5:]),
        },
    )
    files = {file.rpartition("/")[0] for file in files_in(opened()[0].folder)} - {""}
    assert files == {"train/benign", "train/malignant", "test/malignant", "test/normal"}


ROWS = [(label, row * 10 + number) for row, label in enumerate(CLASSES) for number in range(3)]
NAMES = {"label": {"names": list(CLASSES), "_type": "ClassLabel"}}
CARD_WITH_NAMES = b"""---
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': benign
          '1': malignant
          '2': normal
license: cc-by-4.0
---
"""
PARQUET = {
    "label by number, names in the file": (
        [{"image": {"bytes": png(n), "path": f"{n}.png"}, "label": CLASSES.index(c)} for c, n in ROWS],
        NAMES,
        CARD,
        "malignant/11.png",
    ),
    "label by number, names in the card": (
        [{"image": {"bytes": png(n), "path": None}, "label": CLASSES.index(c)} for c, n in ROWS],
        {},
        CARD_WITH_NAMES,
        "malignant/train-00000 5.png",
    ),
    "class by name, plain bytes, names and masks in columns": (
        [{"image": png(n), "mask": png(0), "class_label": c, "image_id": f"{c} ({n})"} for c, n in ROWS],
        {},
        CARD,
        "malignant/malignant (11).png",
    ),
    "names that would leave the folder": (
        [{"image": {"bytes": png(n), "path": f"../../{n}.png"}, "class": c} for c, n in ROWS],
        {},
        CARD,
        "malignant/11.png",
    ),
}


@pytest.mark.parametrize("form", PARQUET)
def test_parquet(hub, form):
    rows, features, card, file = PARQUET[form]
    upload(hub, {"data/train-00000.parquet": table(rows, **features)}, card)
    found, said = opened()
    files = listed(found.folder)
    assert (len([name for name in files if "_mask" not in name]), files[file]) == (9, "malignant")
    assert (found.folder / file).read_bytes() == png(11)
    assert found.data.licence == "cc-by-4.0"
    assert "Unpacking images" in said


def test_rows_of_one_name_are_all_kept(hub):
    rows = [{"image": {"bytes": png(n), "path": "scan.png"}, "class": c} for c, n in ROWS]
    upload(hub, {"train-0.parquet": table(rows[:5]), "train-1.parquet": table(rows[5:])})
    files = listed(opened()[0].folder)
    assert len(files) == 9
    assert "benign/scan [3].png" in files


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"notes.txt": b"nothing"}, "has neither images, Parquet files nor a ZIP file: download it, arrange"),
        ({"model.onnx": b"nothing"}, "has neither images, Parquet files nor a ZIP file"),
        ({"a.zip": b"no ZIP"}, "a.zip is damaged or not a ZIP file"),
        ({"a.parquet": table([{"image": png(0), "species": "x"}])}, "no column 'label' or 'class'"),
        ({"a.parquet": table([{"scan": png(0), "label": "x"}])}, "no column 'image' or 'img'"),
        ({"a.parquet": table([{"image": b"", "label": "x"}])}, "row 1 of a.parquet has no image"),
        ({"a.parquet": table([{"image": png(0), "label": "../x"}])}, "is not a class name"),
        (
            {"a.parquet": table([{"image": png(0), "label": 7}], **NAMES)},
            "the label 7, which is not a class name",
        ),
        ({"a.parquet": b"no table"}, "a.parquet cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_used_is_named(hub, tmp_path, files, told):
    upload(hub, files)
    with pytest.raises(UserError, match=told):
        opened()
    assert not list((tmp_path / "cache").rglob("*.png"))
