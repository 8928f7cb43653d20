import os
from pathlib import Path

import data_sets
import numpy as np
import pytest
from clips import sweep
from image_files import two_classes, write_noise
from PIL import Image
from reading import indexed
from speckle import Tree

from core.data.index import build_index
from core.data.reader import Reading, read_folder
from core.errors import UserError


def test_upper_case_extensions_other_scripts_and_nested_folders_count(tmp_path: Path) -> None:
    write_noise(tmp_path / "добро" / "снимок №1.PNG")
    write_noise(tmp_path / "добро" / "weiter" / "größe.JPG")
    write_noise(tmp_path / "悪性" / "画像.tif")
    (tmp_path / "悪性" / "notes.txt").write_text("no image")
    index = indexed(tmp_path)
    assert index["class"].tolist() == ["добро", "добро", "悪性"]
    assert "добро/weiter/größe.JPG" in set(index["file"])


def test_same_pixels_have_the_same_hash_whatever_the_file(tmp_path: Path) -> None:
    first = write_noise(tmp_path / "a" / "1.png")
    Image.open(first).save(tmp_path / "a" / "2.bmp")
    write_noise(tmp_path / "b" / "3.png", seed=1)
    assert indexed(tmp_path)["sha256"].nunique() == 2


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_class_that_loses_more_than_a_tenth_stops_a_training(tmp_path: Path, content: bytes) -> None:
    for number in range(10):
        write_noise(tmp_path / "a" / f"{number}.png", number)
        write_noise(tmp_path / "b" / f"{number} not read.png", number + 10)
    (tmp_path / "b" / "broken.png").write_bytes(content)
    data = read_folder(tmp_path)
    found = build_index(data)  # a tenth at most
    assert found.left_out["file"].tolist() == ["b/broken.png"]
    assert found.remarks[0].startswith("1 of 11 files of b were not read: 1 unreadable; b/broken.png is ")
    (tmp_path / "b" / "more.png").write_bytes(content)
    data = read_folder(tmp_path)
    with pytest.raises(
        UserError, match=r"^2 of 12 files of b were not read: 2 unreadable; .*--allow-missing"
    ):
        build_index(data)
    for options in ({"allow_missing": True}, {"training": False}):
        assert len(build_index(data, **options).table) == 20


def test_blank_and_black_and_white_images_are_left_out_and_told(tmp_path: Path) -> None:
    data_sets.write_busi(tmp_path, per_class=12)
    speckle = np.random.default_rng(0).integers(0, 256, (64, 72), dtype=np.uint8)
    for number in range(12):
        Image.fromarray(np.where(speckle > 127, 255, 0).astype(np.uint8)).save(
            tmp_path / "benign" / f"shape {'abcdefghijkl'[number]}.png"
        )
        speckle = np.roll(speckle, 7)
    Image.new("L", (72, 64), 40).save(tmp_path / "malignant" / "grey.png")
    found = build_index(read_folder(tmp_path))
    images = found.table[found.table["kind"] == "image"]
    assert images["class"].value_counts().to_dict() == dict.fromkeys(data_sets.CLASSES, 12)
    told = " ".join(found.remarks)
    assert "12 of 24 images of benign are black and white only; they look like masks and are left out" in told
    assert "1 of 13 files of malignant were not read: 1 blank; such as malignant/grey.png." in told


def test_a_folder_of_masks_in_another_language_is_no_class(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "mascaras")
    tree.image("benigno/1.png", "benigno/2.png", "maligno/1.png")
    for number in range(3):
        tree.mask(f"mascaras/x{number}.png")
    index = build_index(read_folder(tmp_path))
    assert set(index.table["class"]) == {"benigno", "maligno"}
    assert "3 of 3 images of mascaras are black and white only" in index.remarks[0]


def test_tiny_images_and_grey_ones_with_the_name_of_a_mask_are_told(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write_noise(folder / "a" / "face_mask.png", 5)
    told = " ".join(build_index(read_folder(folder)).remarks)
    assert "1 grey-scale image is named like a mask and used as an image: 'a/face_mask.png'." in told
    assert (
        "3 of 3 images have a side of less than 64 pixels: 'a/1.png', 'a/face_mask.png' and 'b/2.png'."
        in told
    )


def test_a_file_of_another_size_among_the_frames_of_a_clip_is_told(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    for number, frame in enumerate(sweep(7)):
        Image.fromarray(frame[: 100 if number == 3 else None]).save(folder / "a" / f"frame_{number}.png")
    (said,) = [one for one in build_index(read_folder(folder)).remarks if "clip" in one]
    assert said == (
        "a/frame_*.png is one clip of 6 frames of 208 × 160 pixels; a/frame_3.png has 208 × 100 and counts "
        "as an image of its own."
    )


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("b/link.png", r"b/link\.png is a link that leaves the folder"),
        ("b/more", r"b/more is a link to a folder"),
        ("c", r"c is a link to a folder"),
    ],
)
def test_links_out_of_the_folder_are_refused(tmp_path: Path, link: str, message: str) -> None:
    secret = write_noise(tmp_path / "secret" / "1.png")
    folder = two_classes(tmp_path / "data")
    (folder / link).symlink_to(secret if link.endswith(".png") else secret.parent)
    with pytest.raises(UserError, match=message):
        indexed(folder)


def test_a_link_inside_the_folder_counts_and_a_dangling_one_is_named(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    (folder / "b" / "link.png").symlink_to(folder / "a" / "1.png")
    assert len(indexed(folder)) == 3
    (folder / "b" / "gone.png").symlink_to(folder / "a" / "nothing.png")
    with pytest.raises(UserError, match=r"gone\.png cannot be opened"):
        indexed(folder)


def test_a_name_that_no_table_can_hold_is_refused(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    write_noise(folder / "b" / "x.png").rename(os.fsdecode(os.fsencode(folder / "b") + b"/gr\xf6\xdfe.png"))
    with pytest.raises(UserError, match="not UTF-8; rename it"):
        indexed(folder)


def test_classes_that_are_numbers_need_names(tmp_path: Path) -> None:
    for number in (0, 1):
        write_noise(tmp_path / str(number) / "1.png", number)
    with pytest.raises(
        UserError, match=r"are the numbers 0, 1; say what they mean: --map 0=CLASS --map 1=CLASS"
    ):
        build_index(read_folder(tmp_path))
    named = read_folder(tmp_path, Reading(mapping={"0": "benign", "1": "malignant"}))
    assert set(build_index(named).table["class"]) == {"benign", "malignant"}


def test_folders_that_are_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        indexed(tmp_path / "missing")
    write_noise(tmp_path / "only" / "benign" / "1.png")
    (tmp_path / "only" / "cyst").mkdir()
    with pytest.raises(
        UserError, match=r"of one class \(benign\), but at least two are needed: .* folder cyst has no"
    ):
        indexed(tmp_path / "only")
    (tmp_path / "text" / "benign").mkdir(parents=True)
    (tmp_path / "text" / "benign" / "1.txt").write_text("no image")
    with pytest.raises(
        UserError, match=r"contains no images \(1 text\); give a folder with one sub-folder per class"
    ):
        indexed(tmp_path / "text")
