import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import dataset
from core.errors import UserError


def write(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_masks_belong_to_their_image(tmp_path: Path) -> None:
    for name in ("benign (1)", "benign (1)_mask", "benign (1)_mask_1", "benign (2)"):
        write(tmp_path / "benign" / f"{name}.png")
    write(tmp_path / "normal" / "a.png")
    index = dataset.index(tmp_path).set_index("file")
    assert index.loc["benign/benign (1)_mask_1.png", ["kind", "image"]].tolist() == [
        "mask",
        "benign/benign (1).png",
    ]
    assert index["kind"].value_counts().to_dict() == {"image": 3, "mask": 2}


def test_a_name_alone_makes_no_mask(tmp_path: Path) -> None:
    write(tmp_path / "a" / "face_mask.png")
    write(tmp_path / "b" / "x.png")
    assert set(dataset.index(tmp_path)["kind"]) == {"image"}


def test_upper_case_extensions_other_scripts_and_nested_folders_count(tmp_path: Path) -> None:
    write(tmp_path / "добро" / "снимок №1.PNG")
    write(tmp_path / "добро" / "weiter" / "größe.JPG")
    write(tmp_path / "悪性" / "画像.tif")
    (tmp_path / "悪性" / "notes.txt").write_text("no picture")
    (tmp_path / "悪性" / ".hidden.png").write_text("no picture")
    index = dataset.index(tmp_path)
    assert index["class"].tolist() == ["добро", "добро", "悪性"]
    assert "добро/weiter/größe.JPG" in set(index["file"])


def test_same_pixels_have_the_same_hash_whatever_the_file(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "1.png")
    Image.open(first).save(tmp_path / "a" / "2.bmp")
    write(tmp_path / "b" / "3.png", seed=1)
    assert dataset.index(tmp_path)["sha256"].nunique() == 2


def test_a_reshaped_picture_is_another_picture() -> None:
    flat = np.zeros((2, 8, 3), np.uint8)
    assert dataset.pixel_hash(flat) != dataset.pixel_hash(flat.reshape(4, 4, 3))


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "a" / "1.png")
    write(tmp_path / "b" / "2.png")
    (tmp_path / "b" / "broken.png").write_bytes(content)
    with pytest.raises(UserError, match=r"broken\.png"):
        dataset.index(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.png")
    folder = tmp_path / "data"
    write(folder / "a" / "1.png")
    write(folder / "b" / "2.png")
    (folder / "b" / "link.png").symlink_to(secret)
    with pytest.raises(UserError, match=r"link\.png is a link"):
        dataset.index(folder)


def test_folders_that_are_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        dataset.index(tmp_path / "missing")
    write(tmp_path / "only" / "1.png")
    with pytest.raises(UserError, match="at least two"):
        dataset.index(tmp_path)


def test_the_order_is_keras_own(tmp_path: Path) -> None:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    rng = np.random.default_rng(0)
    for name in ("b", "a"):
        for number in rng.permutation(25):
            write(tmp_path / name / f"{name} ({number}).png", size=(8, 8))
            write(tmp_path / name / f"{name} ({number})_mask.png", size=(8, 8))
    shutil.copy(tmp_path / "a" / "a (1).png", tmp_path / "a" / "Zebra.png")
    keras_order = ImageDataGenerator().flow_from_directory(tmp_path, shuffle=False).filenames
    assert dataset.find_files(tmp_path)["file"].tolist() == keras_order
