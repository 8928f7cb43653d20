import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.index import build_index, find_files, pixel_hash
from core.errors import UserError


def write(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def two_classes(folder: Path) -> Path:
    write(folder / "a" / "1.png")
    write(folder / "b" / "2.png")
    return folder


def test_masks_belong_to_their_image(tmp_path: Path) -> None:
    for name in ("benign (1)", "benign (1)_mask", "benign (1)_mask_1", "benign (2)"):
        write(tmp_path / "benign" / f"{name}.png")
    write(tmp_path / "normal" / "a.png")
    index = build_index(tmp_path).set_index("file")
    assert index.loc["benign/benign (1)_mask_1.png", ["kind", "image"]].tolist() == [
        "mask",
        "benign/benign (1).png",
    ]
    assert index["kind"].value_counts().to_dict() == {"image": 3, "mask": 2}


def test_a_name_alone_makes_no_mask(tmp_path: Path) -> None:
    write(tmp_path / "a" / "face_mask.png")
    write(tmp_path / "b" / "x.png")
    assert set(build_index(tmp_path)["kind"]) == {"image"}


def test_upper_case_extensions_other_scripts_and_nested_folders_count(tmp_path: Path) -> None:
    write(tmp_path / "добро" / "снимок №1.PNG")
    write(tmp_path / "добро" / "weiter" / "größe.JPG")
    write(tmp_path / "悪性" / "画像.tif")
    (tmp_path / "悪性" / "notes.txt").write_text("no image")
    (tmp_path / "悪性" / ".hidden.png").write_text("no image")
    index = build_index(tmp_path)
    assert index["class"].tolist() == ["добро", "добро", "悪性"]
    assert "добро/weiter/größe.JPG" in set(index["file"])


def test_same_pixels_have_the_same_hash_whatever_the_file(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "1.png")
    Image.open(first).save(tmp_path / "a" / "2.bmp")
    write(tmp_path / "b" / "3.png", seed=1)
    assert build_index(tmp_path)["sha256"].nunique() == 2


def test_a_reshaped_image_is_another_image() -> None:
    flat = np.zeros((2, 8, 3), np.uint8)
    assert pixel_hash(flat) != pixel_hash(flat.reshape(4, 4, 3))


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "a" / "1.png")
    write(tmp_path / "b" / "2.png")
    (tmp_path / "b" / "broken.png").write_bytes(content)
    with pytest.raises(UserError, match=r"broken\.png"):
        build_index(tmp_path)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("b/link.png", r"b/link\.png is a link that leaves the folder"),
        ("b/more", r"b/more is a link to a folder"),
        ("c", r"c is a link to a folder"),
    ],
)
def test_links_out_of_the_folder_are_refused(tmp_path: Path, link: str, message: str) -> None:
    secret = write(tmp_path / "secret" / "1.png")
    folder = two_classes(tmp_path / "data")
    (folder / link).symlink_to(secret if link.endswith(".png") else secret.parent)
    with pytest.raises(UserError, match=message):
        build_index(folder)


def test_a_link_inside_the_folder_counts_and_a_dangling_one_is_named(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    (folder / "b" / "link.png").symlink_to(folder / "a" / "1.png")
    assert len(build_index(folder)) == 3
    (folder / "b" / "gone.png").symlink_to(folder / "a" / "nothing.png")
    with pytest.raises(UserError, match=r"gone\.png cannot be opened"):
        build_index(folder)


def test_a_name_that_no_table_can_hold_is_refused(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write(folder / "b" / "x.png").rename(os.fsdecode(os.fsencode(folder / "b") + b"/gr\xf6\xdfe.png"))
    with pytest.raises(UserError, match="not UTF-8; rename it"):
        build_index(folder)


def test_the_mask_of_a_mask_belongs_to_the_image(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write(folder / "a" / "1_mask.png")
    write(folder / "a" / "1_mask_MASK_2.PNG")
    masks = find_files(folder).query("kind == 'mask'")
    assert masks["image"].tolist() == ["a/1.png", "a/1.png"]


def test_hidden_folders_do_not_count(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write(folder / "a" / ".ipynb_checkpoints" / "1-checkpoint.png")
    write(folder / ".cache" / "1.png")
    assert find_files(folder)["file"].tolist() == ["a/1.png", "b/2.png"]


def test_a_folder_around_the_class_folders_is_pointed_out(tmp_path: Path) -> None:
    two_classes(tmp_path / "archive" / "BUSI")
    with pytest.raises(UserError, match=r"or give .*/archive/BUSI if its sub-folders are the classes"):
        find_files(tmp_path / "archive")


def test_folders_that_are_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        build_index(tmp_path / "missing")
    write(tmp_path / "only" / "1.png")
    with pytest.raises(UserError, match="at least two"):
        build_index(tmp_path)


def test_the_order_is_keras_own(tmp_path: Path) -> None:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    rng = np.random.default_rng(0)
    for name in ("b", "a"):
        for number in rng.permutation(25):
            write(tmp_path / name / f"{name} ({number}).png", size=(8, 8))
            write(tmp_path / name / f"{name} ({number})_mask.png", size=(8, 8))
    shutil.copy(tmp_path / "a" / "a (1).png", tmp_path / "a" / "Zebra.png")
    keras_order = ImageDataGenerator().flow_from_directory(tmp_path, shuffle=False).filenames
    assert find_files(tmp_path)["file"].tolist() == keras_order
