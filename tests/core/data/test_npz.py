"""Files of arrays: BreastMNIST as MedMNIST publishes it, those of other people, and hostile ones."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import npz
from core.errors import UserError

SIZES = {"train": (546, 147), "val": (78, 21), "test": (156, 42)}  # images, and how many are malignant


def breastmnist(side: int = 28) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {}
    for name, (count, malignant) in SIZES.items():
        arrays[f"{name}_images"] = rng.integers(0, 256, (count, side, side), np.uint8)
        labels = np.ones((count, 1), np.uint8)
        labels[rng.permutation(count)[:malignant]] = 0
        arrays[f"{name}_labels"] = labels
    return arrays


def small(count: int = 4, **changed: np.ndarray) -> dict[str, np.ndarray]:
    images = np.random.default_rng(1).integers(0, 256, (count, 5, 7), np.uint8)
    return {"images": images, "labels": np.arange(count) % 2} | changed


def unpacked(
    path: Path, arrays: dict[str, np.ndarray], names: dict[str, str], *, packed: bool = True
) -> dict[str, Path]:
    (np.savez_compressed if packed else np.savez)(path / "x.npz", **arrays)
    npz.unpack(path / "x.npz", path / "out", names, lambda *_: None)
    return {file.relative_to(path / "out").as_posix(): file for file in (path / "out").rglob("*.png")}


def test_breastmnist_is_known_by_its_content(tmp_path: Path) -> None:
    arrays = breastmnist()
    files = unpacked(tmp_path, arrays, {}, packed=False)
    assert npz.is_npz(tmp_path / "x.npz")
    assert npz.is_breastmnist(tmp_path / "x.npz")
    counts: dict[str, int] = {}
    for file in files:
        folder = file.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
    assert counts == {
        f"{name}/{label}": number
        for name, (count, malignant) in SIZES.items()
        for label, number in (("malignant", malignant), ("normal, benign", count - malignant))
    }
    for number in (0, 155):  # the number of an image is the published one
        label = "malignant" if arrays["test_labels"][number, 0] == 0 else "normal, benign"
        pixels = np.asarray(Image.open(files[f"test/{label}/{number:04d}.png"]))
        assert np.array_equal(pixels, arrays["test_images"][number])


@pytest.mark.parametrize("side", [64, 128, 224])
def test_the_larger_breastmnists_are_known_too(tmp_path: Path, side: int) -> None:
    arrays = {key: array[:, :1, :1] if array.ndim == 3 else array for key, array in breastmnist(1).items()}
    arrays = {
        key: np.broadcast_to(a, (len(a), side, side)) if a.ndim == 3 else a for key, a in arrays.items()
    }
    np.savez(tmp_path / "x.npz", **arrays)
    assert npz.is_breastmnist(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays | {"test_labels": 1 - arrays["test_labels"]},
        lambda arrays: arrays | {"val_labels": arrays["val_labels"] + 1},
        lambda arrays: arrays | {"val_images": arrays["val_images"][:, :27]},
        lambda arrays: {key: array for key, array in arrays.items() if not key.startswith("val")},
        lambda arrays: {key: array[:50] for key, array in arrays.items()},
    ],
    ids=["labels turned", "labels shifted", "size", "no validation set", "fewer"],
)
def test_another_file_is_not_taken_for_breastmnist(tmp_path: Path, change) -> None:
    with pytest.raises(
        UserError, match=r"has the labels 0, 1.*, which have no names; name each class: --map"
    ):
        unpacked(tmp_path, change(breastmnist()), {})
    assert not npz.is_breastmnist(tmp_path / "x.npz")
    assert not (tmp_path / "out").exists()


def test_other_files_take_the_names_that_the_user_gives(tmp_path: Path) -> None:
    colour = np.random.default_rng(2).integers(0, 256, (3, 4, 6, 3), np.uint8)
    arrays = {
        "x_train": colour,
        "y_train": np.array([7, 3, 7]),
        "X_test": colour[..., :1],
        "Y_test": np.array([3, 3, 7]),
    }
    files = unpacked(tmp_path, arrays, {"3": "benign", "7": "malignant", "9": "unused"})
    assert sorted(files) == [
        *("test/benign/0000.png", "test/benign/0001.png", "test/malignant/0002.png"),
        *("train/benign/0001.png", "train/malignant/0000.png", "train/malignant/0002.png"),
    ]
    assert np.array_equal(np.asarray(Image.open(files["train/benign/0001.png"])), colour[1])
    assert np.array_equal(np.asarray(Image.open(files["test/benign/0001.png"])), colour[1, ..., 0])


def test_without_sets_there_are_classes_alone_and_each_image_its_own_number(tmp_path: Path) -> None:
    arrays = small() | {"extra_images": small()["images"], "extra_labels": np.array([-1, 0, 1, 1])}
    files = unpacked(tmp_path, arrays, {"0": "a", "1": "b", "-1": "c"})
    assert sorted(files) == [
        *("a/0000.png", "a/0002.png", "a/0005.png", "b/0001.png", "b/0003.png", "b/0006.png", "b/0007.png"),
        "c/0004.png",
    ]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (small(images=np.zeros((4, 5, 7))), "has 'images' of type float64; save it as uint8, from 0 to 255"),
        (small(images=np.zeros((4, 5), np.uint8)), "has 'images' of the shape 4×5; it needs images, height"),
        (small(images=np.zeros((4, 5, 5, 2), np.uint8)), "of the shape 4×5×5×2; it needs images, height"),
        (small(images=np.zeros((4, 0, 5), np.uint8)), "of the shape 4×0×5; an image may have"),
        (small(images=np.zeros((4, 5, 7), np.uint8, order="F")), "has 'images' column by column"),
        (small(labels=np.zeros(3, int)), "has 'labels' of the shape 3 and type int64; it needs one whole"),
        (small(labels=np.zeros((4, 2), int)), "has 'labels' of the shape 4×2"),
        (small(labels=np.zeros(4)), "has 'labels' of the shape 4 and type float64"),
        (small(labels=np.array([print] * 4)), "has 'labels' of Python objects, which may run code"),
        ({"a": np.zeros(1), "b": np.zeros(1)}, "has the arrays 'a', 'b'; it needs images and labels of the"),
        (small(test_images=np.zeros((1, 5, 7), np.uint8)), "it needs images and labels of the same sets"),
        (
            small() | {"x": small()["images"], "y": np.arange(4)},
            "it needs images and labels of the same sets",
        ),
        (
            small(labels=np.arange(4) * 5),
            "the labels 0, 5, 10, 15, not all of which have names; name each class: --map 5=NAME",
        ),
    ],
    ids=range(13),
)
def test_what_cannot_be_used_is_refused_with_what_was_found(tmp_path, arrays, said: str) -> None:
    with pytest.raises(UserError) as refused:
        unpacked(tmp_path, arrays, {"0": "benign", "1": "malignant"})
    assert said in str(refused.value)
    assert "x.npz" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_name_that_no_folder_may_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'\.\./x' cannot be the name of a class; change --map 1=NAME"):
        unpacked(tmp_path, small(), {"0": "benign", "1": "../x"})


def header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (header("(10**12, 4096, 4096)"), "is damaged or not a ZIP file"),
        (header("(1000000000000, 4096, 4096)"), "has 'images' of another size than it says"),
        (header("(-4, 5, -7)") + bytes(140), "has 'images' of another size than it says"),
        (header("(4, 5, 7)") + bytes(139), "has 'images' of another size than it says"),
        (header("(4, 5, 7)") + bytes(141), "has 'images' of another size than it says"),
        (header("(1, 30000, 30000)") + bytes(9 * 10**8 // 100), "has 'images' of another size than it says"),
        (header("(4,)", "'|O'") + b"x" * 32, "has 'images' of Python objects"),
        (
            b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little"),
            "in a version of the format that is not read",
        ),
        (b"no array", "is damaged or not a ZIP file"),
        (b"", "is damaged or not a ZIP file"),
    ],
    ids=range(10),
)
def test_hostile_files_are_refused_in_little_memory(tmp_path: Path, images: bytes, said: str) -> None:
    labels = io.BytesIO()
    np.save(labels, np.arange(4))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("images.npy", images)
        file.writestr("labels.npy", labels.getvalue())
    tracemalloc.start()
    with pytest.raises(UserError, match=said):
        npz.unpack(tmp_path / "x.npz", tmp_path / "out", {"0": "a"}, lambda *_: None)
    assert tracemalloc.get_traced_memory()[1] < 2 * 10**6
    tracemalloc.stop()
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="like a ZIP bomb"):
        unpacked(tmp_path, small(images=np.zeros((4, 2000, 2000), np.uint8)), {"0": "a", "1": "b"})


def test_an_image_of_too_many_pixels_is_refused_before_it_is_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(npz, "MAX_PIXELS", 34)
    with pytest.raises(UserError, match="has 'images' of the shape 4×5×7; an image may have"):
        unpacked(tmp_path, small(), {"0": "a", "1": "b"})


def test_more_images_than_a_data_set_may_have_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(npz, "MAX_FILES", 3)
    with pytest.raises(UserError, match="has 'images' of 4 images, and the limit is 3"):
        unpacked(tmp_path, small(), {"0": "a", "1": "b"})
    monkeypatch.setattr(npz, "MAX_FILES", 7)
    with pytest.raises(UserError, match="has 8 images, and the limit is 7"):
        unpacked(tmp_path, small() | {"test_images": small()["images"], "test_labels": np.arange(4) % 2}, {})


def test_what_is_no_npz(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.npy", b"x")
        file.writestr("b.png", b"x")
    (tmp_path / "y.npz").write_bytes(b"no ZIP")
    zipfile.ZipFile(tmp_path / "empty.npz", "w").close()
    assert not any(map(npz.is_npz, (*tmp_path.iterdir(), tmp_path, tmp_path / "none.npz")))
