import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from image_files import two_classes, write_noise
from PIL import Image
from reading import indexed

from core.data.listing import walk
from core.errors import UserError


def test_litter_is_passed_over_and_the_rest_is_known_by_its_content(tmp_path: Path) -> None:
    folder = two_classes(tmp_path)
    for name in (".hidden.png", "._1.png", "Thumbs.db", "DESKTOP.INI", ".ipynb_checkpoints/1.png"):
        write_noise(folder / "a" / "x.png").rename(
            (folder / "a" / name).parent.mkdir(exist_ok=True) or folder / "a" / name
        )
    write_noise(folder / "__MACOSX" / "1.png")
    write_noise(folder / "b" / "scan.png").rename(folder / "b" / "scan")
    Image.new("L", (9, 9)).save(folder / "b" / "scan.jpg", "PNG")
    (folder / "b" / "notes.txt").write_text("Number 2 was measured twice.")
    (folder / "b" / "page.png").write_text("<html>404</html>")
    files = walk(folder).files.set_index("file")
    assert files["content"].to_dict() == {
        "a/1.png": "image",
        "b/2.png": "image",
        "b/notes.txt": "text",
        "b/page.png": "image",  # its owner takes it for one
        "b/scan": "image",
        "b/scan.jpg": "image",
    }
    assert files.loc["b/scan.jpg", "format"] == "PNG"


def test_the_order_is_keras_own(tmp_path: Path) -> None:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    rng = np.random.default_rng(0)
    for name in ("b", "a", "a b"):
        for number in rng.permutation(25):
            write_noise(tmp_path / name / f"{name} ({number}).png", number, size=(9, 9))
            write_noise(tmp_path / name / f"{name} ({number})_mask.png", number, size=(9, 9))
    for inner in ("x/y", "x", "x y", "x-y"):
        write_noise(tmp_path / "a" / inner / "1.png", len(inner), size=(9, 9))
    shutil.copy(tmp_path / "a" / "a (1).png", tmp_path / "a" / "Zebra.png")
    keras_order = ImageDataGenerator().flow_from_directory(tmp_path, shuffle=False).filenames
    assert indexed(tmp_path)["file"].tolist() == keras_order


def test_links_and_names_that_cannot_be_used_are_listed_with_the_problem(tmp_path: Path) -> None:
    folder = two_classes(tmp_path / "data")
    write_noise(tmp_path / "secret.png")
    (folder / "a" / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "a" / "circle.png").symlink_to(folder / "a" / "circle.png")
    (folder / "c").symlink_to(folder / "a")
    write_noise(folder / "b" / "x.png").rename(os.fsdecode(os.fsencode(folder / "b") + b"/gr\xf6\xdfe.png"))
    listing = walk(folder)
    problems = listing.files.set_index("file")["problem"]
    assert problems[problems != ""].to_dict() == {
        "a/out.png": "link out of the folder",
        "b/gr\\udcf6\\udcdfe.png": "name is not UTF-8",
        "c": "linked folder",
    }
    assert listing.folders == ("a", "b")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        walk(tmp_path / "missing")
