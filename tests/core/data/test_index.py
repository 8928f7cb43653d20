import os
from pathlib import Path

import numpy as np
import pytest
from image_files import two_classes, write_noise
from PIL import Image

from core.data.index import build_index, find_files, pixel_hash
from core.errors import UserError


def test_upper_case_extensions_other_scripts_and_nested_folders_count(tmp_path: Path) -> None:
    write_noise(tmp_path / "добро" / "снимок №1.PNG")
    write_noise(tmp_path / "добро" / "weiter" / "größe.JPG")
    write_noise(tmp_path / "悪性" / "画像.tif")
    (tmp_path / "悪性" / "notes.txt").write_text("no image")
    (tmp_path / "悪性" / ".hidden.png").write_text("no image")
    index = build_index(tmp_path)
    assert index["class"].tolist() == ["добро", "добро", "悪性"]
    assert "добро/weiter/größe.JPG" in set(index["file"])


def test_same_pixels_have_the_same_hash_whatever_the_file(tmp_path: Path) -> None:
    first = write_noise(tmp_path / "a" / "1.png")
    Image.open(first).save(tmp_path / "a" / "2.bmp")
    write_noise(tmp_path / "b" / "3.png", seed=1)
    assert build_index(tmp_path)["sha256"].nunique() == 2


def test_a_reshaped_image_is_another_image() -> None:
    flat = np.zeros((2, 8, 3), np.uint8)
    assert pixel_hash(flat) != pixel_hash(flat.reshape(4, 4, 3))


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    write_noise(tmp_path / "a" / "1.png")
    write_noise(tmp_path / "b" / "2.png")
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
    secret = write_noise(tmp_path / "secret" / "1.png")
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
    write_noise(folder / "b" / "x.png").rename(os.fsdecode(os.fsencode(folder / "b") + b"/gr\xf6\xdfe.png"))
    with pytest.raises(UserError, match="not UTF-8; rename it"):
        build_index(folder)


def test_a_folder_around_the_class_folders_is_pointed_out(tmp_path: Path) -> None:
    two_classes(tmp_path / "archive" / "BUSI")
    with pytest.raises(UserError, match=r"or give .*/archive/BUSI if its sub-folders are the classes"):
        find_files(tmp_path / "archive")


def test_folders_that_are_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        build_index(tmp_path / "missing")
    write_noise(tmp_path / "only" / "1.png")
    with pytest.raises(UserError, match="of one class, but at least two are needed"):
        build_index(tmp_path)
