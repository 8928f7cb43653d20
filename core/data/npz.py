"""Unpack NumPy's .npz files of images and labels, such as BreastMNIST, to image files in class folders."""

from __future__ import annotations

import math
import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from core.data.archive import MAX_FILES, check_sizes, translated_problems
from core.data.class_folders import ClassFolders, is_safe_name
from core.errors import UserError
from core.images.limits import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from numpy.typing import NDArray

    from core.progress import Progress

# MedMNIST v2 (Yang et al. 2023, Scientific Data 10, 41): its sizes, its images of label 0, its class names.
BREASTMNIST_NAMES = {"0": "malignant", "1": "normal, benign"}
_BREASTMNIST_SIZES = {"train": 546, "val": 78, "test": 156}
_BREASTMNIST_MALIGNANT = {"train": 147, "val": 21, "test": 42}
_BREASTMNIST_SIDES = (28, 64, 128, 224)

# Names of arrays, with that of a set: train_images and train_labels, or x_train and y_train.
_IMAGES = re.compile(r"(?:(?P<before>.+)_)?images?|x(?:_(?P<behind>.+))?", re.IGNORECASE)
_LABELS = re.compile(r"(?:(?P<before>.+)_)?(?:labels?|targets?)|y(?:_(?P<behind>.+))?", re.IGNORECASE)
_GREY, _COLOUR = 3, 4  # numbers of dimensions
_CHANNELS = (1, 3)
_SHOWN_LABELS = 10


class _Array(NamedTuple):
    """An array that was not read yet; its bytes follow the header.

    Attributes:
        info: its entry in the file.
        shape: length of each dimension.
        dtype: type of its numbers.
        start: length of the header, bytes.
    """

    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    start: int


class _Set(NamedTuple):
    """Images [N, H, W] or [N, H, W, C] and labels [N] under the name that the file gives the set, or ''."""

    name: str
    images: _Array
    labels: NDArray[np.integer]


def is_npz(path: Path) -> bool:
    """Return whether a file is a ZIP of arrays, whatever its ending."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = opened.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def is_breastmnist(path: Path) -> bool:
    """Return whether a file is BreastMNIST of MedMNIST in any size, by its content.

    Raises:
        UserError: as from ``unpack``, where it is no file of images and labels.
    """
    with translated_problems(path), zipfile.ZipFile(path) as opened:
        return _are_breastmnist(_read_sets(opened, path))


def unpack(path: Path, folder: Path, names: Mapping[str, str], progress: Progress) -> None:
    """Write the images as PNG files to a new folder, in a folder for each class within one for each set.

    Only arrays of numbers are read, image by image; objects are refused.

    Args:
        path: file with the arrays ``train_images`` (uint8 [N, H, W] or [N, H, W, 3]) and ``train_labels``
            (integers [N] or [N, 1]), and so on for other sets; or ``images`` and ``labels`` alone.
        folder: folder to create; it is incomplete if an error is raised.
        names: class name of each label, such as "0"; BreastMNIST needs none.
        progress: called after each image.

    Raises:
        UserError: the file is damaged or too large, has no such arrays, or labels without a name.
    """
    with translated_problems(path), zipfile.ZipFile(path) as opened:
        sets = _read_sets(opened, path)
        known = (BREASTMNIST_NAMES if _are_breastmnist(sets) else {}) | dict(names)
        _check_names(sets, known, path)
        folder.mkdir(parents=True)
        folders = ClassFolders(folder, [one.name for one in sets])
        done, count = 0, sum(len(one.labels) for one in sets)
        for one in sets:
            first = 0 if folders.has_sets else done
            for number, pixels in enumerate(_pixels(opened, one.images)):
                label = known[str(one.labels[number])]
                Image.fromarray(pixels).save(folders.make(one.name, label) / f"{first + number:04d}.png")
                done += 1
                progress(f"Unpacking {path.name}", done, count)


def _read_sets(opened: zipfile.ZipFile, path: Path) -> list[_Set]:
    infos = opened.infolist()
    check_sizes(infos, path)
    images, labels = (_by_set(infos, pattern) for pattern in (_IMAGES, _LABELS))
    count = sum(map(len, images.values())) + sum(map(len, labels.values()))
    if not images or set(images) != set(labels) or count != 2 * len(images):
        arrays = ", ".join(f"{info.filename.removesuffix('.npy')!r:.40}" for info in infos[:_SHOWN_LABELS])
        raise UserError(
            f"{path} has the arrays {arrays}; it needs images and labels of the same sets, such as "
            "train_images and train_labels."
        )
    sets = [_read_set(opened, name, images[name][0], labels[name][0], path) for name in images]
    count = sum(len(one.labels) for one in sets)
    if count > MAX_FILES:
        raise UserError(f"{path} has {count:,} images, and the limit is {MAX_FILES:,}; give a part of them.")
    return sets


def _by_set(infos: list[zipfile.ZipInfo], pattern: re.Pattern[str]) -> dict[str, list[zipfile.ZipInfo]]:
    found: dict[str, list[zipfile.ZipInfo]] = {}
    for info in infos:
        if match := pattern.fullmatch(info.filename.removesuffix(".npy")):
            found.setdefault(match["before"] or match["behind"] or "", []).append(info)
    return found


def _read_set(
    opened: zipfile.ZipFile, name: str, images_info: zipfile.ZipInfo, labels_info: zipfile.ZipInfo, path: Path
) -> _Set:
    images, labels = _header(opened, images_info, path), _header(opened, labels_info, path)
    what = f"{path} has {images_info.filename.removesuffix('.npy')!r:.40}"
    shape = "×".join(map(str, images.shape))
    if images.dtype != np.uint8:
        raise UserError(f"{what} of type {images.dtype}; save it as uint8, from 0 to 255.")
    channels = images.shape[_GREY:]
    if len(images.shape) not in {_GREY, _COLOUR} or (channels and channels[0] not in _CHANNELS):
        raise UserError(f"{what} of the shape {shape}; it needs images, height, width, and 1 or 3 channels.")
    if not 0 < images.shape[1] * images.shape[2] <= MAX_PIXELS:
        raise UserError(
            f"{what} of the shape {shape}; an image may have {MAX_PIXELS // 10**6} million pixels."
        )
    count = images.shape[0]
    if labels.shape not in {(count,), (count, 1)} or labels.dtype.kind not in "biu":
        raise UserError(
            f"{path} has {labels_info.filename.removesuffix('.npy')!r:.40} of the shape "
            f"{'×'.join(map(str, labels.shape))} and type {labels.dtype}; it needs one whole number for each "
            f"of {count} images."
        )
    if count > MAX_FILES:
        raise UserError(f"{what} of {count:,} images, and the limit is {MAX_FILES:,}; give a part of them.")
    with _opened_behind_header(opened, labels) as file:
        numbers = np.frombuffer(_exactly(file, count * labels.dtype.itemsize), labels.dtype)
    return _Set(name, images, numbers.astype(np.int64 if labels.dtype.kind != "u" else np.uint64))


def _header(opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> _Array:
    """Read what an array says of itself, and check it against the size of its entry before anything else."""
    what = f"{path} has {info.filename.removesuffix('.npy')!r:.40}"
    with opened.open(info) as file:
        # A header of another version may have any length.
        if np.lib.format.read_magic(file) != (1, 0):
            raise UserError(f"{what} in a version of the format that is not read; save it with numpy.savez.")
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
        start = file.tell()
    if dtype.hasobject:
        raise UserError(f"{what} of Python objects, which may run code; save it as an array of numbers.")
    if by_column:
        raise UserError(f"{what} column by column; save it with numpy.ascontiguousarray.")
    if any(length < 0 for length in shape) or start + math.prod(shape) * dtype.itemsize != info.file_size:
        raise UserError(f"{what} of another size than it says; download the file again.")
    return _Array(info, shape, dtype, start)


def _opened_behind_header(opened: zipfile.ZipFile, array: _Array) -> IO[bytes]:
    file = opened.open(array.info)
    file.read(array.start)
    return file


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError("an array is shorter than it says")
    return data


def _pixels(opened: zipfile.ZipFile, images: _Array) -> Iterator[NDArray[np.uint8]]:
    """Yield one image after the other, uint8 [H, W] or [H, W, 3]."""
    shape = images.shape[1:]
    if shape[2:] == (1,):
        shape = shape[:2]
    with _opened_behind_header(opened, images) as file:
        for _ in range(images.shape[0]):
            yield np.frombuffer(_exactly(file, math.prod(shape)), np.uint8).reshape(shape)


def _are_breastmnist(sets: list[_Set]) -> bool:
    by_name = {one.name: one for one in sets}
    return by_name.keys() == _BREASTMNIST_SIZES.keys() and all(
        one.images.shape in {(_BREASTMNIST_SIZES[name], side, side) for side in _BREASTMNIST_SIDES}
        and np.bincount(np.clip(one.labels, 0, 2), minlength=3).tolist()
        == [_BREASTMNIST_MALIGNANT[name], _BREASTMNIST_SIZES[name] - _BREASTMNIST_MALIGNANT[name], 0]
        for name, one in by_name.items()
    )


def _check_names(sets: list[_Set], names: Mapping[str, str], path: Path) -> None:
    labels = sorted({int(label) for one in sets for label in np.unique(one.labels)})
    missing = [label for label in labels if str(label) not in names]
    if missing:
        shown = ", ".join(map(str, labels[:_SHOWN_LABELS])) + (", …" if len(labels) > _SHOWN_LABELS else "")
        options = " ".join(f"--map {label}=NAME" for label in missing[:_SHOWN_LABELS])
        why = "which have no names" if len(missing) == len(labels) else "not all of which have names"
        raise UserError(f"{path} has the labels {shown}, {why}; name each class: {options}.")
    for label in labels:
        if not is_safe_name(names[str(label)]):
            raise UserError(
                f"{names[str(label)]!r:.80} cannot be the name of a class; change --map {label}=NAME."
            )
