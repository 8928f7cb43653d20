import shutil
from pathlib import Path

import numpy as np
from image_files import two_classes, write_noise

from core.data.listing import list_files, without_images


def test_masks_belong_to_their_image(tmp_path: Path) -> None:
    for name in ("benign (1)", "benign (1)_mask", "benign (1)_mask_1", "benign (2)"):
        write_noise(tmp_path / "benign" / f"{name}.png")
    write_noise(tmp_path / "normal" / "a.png")
    index = list_files(tmp_path).set_index("file")
    assert index.loc["benign/benign (1)_mask_1.png", ["kind", "image"]].tolist() == [
        "mask",
        "benign/benign (1).png",
    ]
    assert index["kind"].value_counts().to_dict() == {"image": 3, "mask": 2}


def test_a_name_alone_makes_no_mask(tmp_path: Path) -> None:
    write_noise(tmp_path / "a" / "face_mask.png")
    write_noise(tmp_path / "b" / "x.png")
    assert set(list_files(tmp_path)["kind"]) == {"image"}


def test_the_mask_of_a_mask_belongs_to_the_image(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write_noise(folder / "a" / "1_mask.png")
    write_noise(folder / "a" / "1_mask_MASK_2.PNG")
    masks = list_files(folder).query("kind == 'mask'")
    assert masks["image"].tolist() == ["a/1.png", "a/1.png"]


def test_hidden_folders_do_not_count(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write_noise(folder / "a" / ".ipynb_checkpoints" / "1-checkpoint.png")
    write_noise(folder / ".cache" / "1.png")
    assert list_files(folder)["file"].tolist() == ["a/1.png", "b/2.png"]


def test_the_order_is_keras_own(tmp_path: Path) -> None:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    rng = np.random.default_rng(0)
    for name in ("b", "a"):
        for number in rng.permutation(25):
            write_noise(tmp_path / name / f"{name} ({number}).png", size=(8, 8))
            write_noise(tmp_path / name / f"{name} ({number})_mask.png", size=(8, 8))
    shutil.copy(tmp_path / "a" / "a (1).png", tmp_path / "a" / "Zebra.png")
    keras_order = ImageDataGenerator().flow_from_directory(tmp_path, shuffle=False).filenames
    assert list_files(tmp_path)["file"].tolist() == keras_order


def test_problems_and_files_that_are_no_images_are_listed_as_well(tmp_path: Path) -> None:
    folder = two_classes(tmp_path / "data")
    write_noise(tmp_path / "secret.png")
    (folder / "a" / "notes.txt").write_text("x")
    (folder / "a" / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "c").symlink_to(folder / "a")
    listed = list_files(folder).set_index("file")
    assert listed.loc["a/notes.txt", ["kind", "problem"]].tolist() == ["other", ""]
    assert listed.loc["a/out.png", "problem"] == "link out of the folder"
    assert listed.loc["c", "problem"] == "linked folder"


def test_a_class_folder_without_images_is_told(tmp_path: Path) -> None:
    for name in ("a", "b", "c", ".hidden"):
        (tmp_path / name).mkdir()
    assert without_images(tmp_path, ["a", "b", "c"]) == ""
    assert without_images(tmp_path, ["a", "c"]) == "The folder b has no images and is no class."
    assert without_images(tmp_path, ["a"]) == "The folders b, c have no images and are no classes."
