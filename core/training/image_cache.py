"""Images and masks at input size, computed once and cached on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.image_facts import read_image
from core.files import allocate, staged_path
from core.images.lesion_mask import is_lesion
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from core.data.data_set import ImageFolders
    from core.images.preprocessing import Preprocessing
    from core.progress import Progress


def fit_images(
    folders: ImageFolders, files: Sequence[str], preprocessing: Preprocessing, cache: Path, progress: Progress
) -> NDArray[np.uint8]:
    """Return preprocessed images from a memory-mapped cache file, which is written on the first call.

    Args:
        folders: folders of the data.
        files: N file names in them.
        preprocessing: preprocessing to the input size.
        cache: path of the cache file, ``.npy``.
        progress: function that reports each image.

    Returns:
        uint8 [N, S, S, 3], mapped from the cache file.
    """

    def fitted(file: str) -> NDArray[np.uint8]:
        return fit(read_image(folders.path(file)), preprocessing)

    return _cached_images(files, fitted, preprocessing, cache, progress, "Fitting images to the input size")


def fit_masks(
    folders: ImageFolders,
    files: Sequence[str],
    masks: dict[str, list[str]],
    preprocessing: Preprocessing,
    cache: Path,
    progress: Progress,
) -> NDArray[np.uint8]:
    """Return segmentation masks, preprocessed like their images, from a memory-mapped cache file.

    Args:
        folders: folders of the data.
        files: N file names of images.
        masks: file name of an image → file names of its masks, which are merged.
        preprocessing: preprocessing of the images.
        cache: path of the cache file, ``.npy``.
        progress: function that reports each image.

    Returns:
        uint8 [N, S, S, 3], mapped from the cache file; white in lesions, whatever the colour of their
        masks, black elsewhere, and where there is no mask.
    """
    size = preprocessing.image_size

    def fitted(file: str) -> NDArray[np.uint8]:
        merged = np.zeros((size, size, 3), np.uint8)
        for mask in masks.get(file, []):
            lesion = is_lesion(read_image(folders.path(mask)))
            white = np.repeat(np.where(lesion, np.uint8(255), np.uint8(0))[..., np.newaxis], 3, axis=2)
            np.maximum(merged, fit(white, preprocessing), out=merged)
        return merged

    return _cached_images(files, fitted, preprocessing, cache, progress, "Fitting masks to the input size")


def cached_array(
    path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Callable[[NDArray[Any]], None]
) -> NDArray[Any]:
    """Return an array from a memory-mapped cache file, which is written on the first call.

    Args:
        path: path of the cache file, ``.npy``.
        shape: shape of the array.
        dtype: type of its values.
        fill: function that fills the array, called where there is no cache file.

    Raises:
        OSError: the disk has no space for the array.
    """
    if not path.is_file():
        with staged_path(path) as temporary:
            array = new_array(temporary, shape, dtype)
            fill(array)
            array.flush()
    return np.load(path, mmap_mode="r")


def new_array(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap[Any, Any]:
    """Return a memory-mapped array of zeros in a new file, whose space on the disk is already taken.

    Args:
        path: path of the file.
        shape: shape of the array.
        dtype: type of its values.

    Raises:
        OSError: the disk has no space for the array.
    """
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    allocate(path, path.stat().st_size)
    return array


def _cached_images(
    files: Sequence[str],
    fitted: Callable[[str], NDArray[np.uint8]],
    preprocessing: Preprocessing,
    cache: Path,
    progress: Progress,
    what: str,
) -> NDArray[np.uint8]:
    size = preprocessing.image_size

    def fill(images: NDArray[np.uint8]) -> None:
        for row, file in enumerate(files):
            images[row] = fitted(file)
            progress(what, row + 1, len(files))

    return cached_array(cache, (len(files), size, size, 3), np.uint8, fill)
