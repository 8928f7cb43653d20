"""Images fitted to the input size once and kept on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.data.index import read_image
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.images.preprocessing import Preprocessing
    from core.progress import Progress


def fit_images(
    folder: Path, files: Sequence[str], preprocessing: Preprocessing, cache: Path, progress: Progress
) -> NDArray[np.uint8]:
    """Fit images to the input size once.

    Args:
        folder: the data folder.
        files: N names relative to it.
        preprocessing: the input size and how to reach it.
        cache: keeps the result, so that data sets larger than the memory work and a second call is free.
        progress: told after each image.

    Returns:
        uint8 [N, S, S, 3], mapped from the file.
    """

    def fitted(file: str) -> NDArray[np.uint8]:
        return fit(read_image(folder / file), preprocessing)

    return _fit_all(files, fitted, preprocessing, cache, progress, "Fitting images to the input size")


def fit_masks(
    folder: Path,
    files: Sequence[str],
    masks: dict[str, list[str]],
    preprocessing: Preprocessing,
    cache: Path,
    progress: Progress,
) -> NDArray[np.uint8]:
    """Fit the masks of images as their images are fitted, once.

    Args:
        folder: the data folder.
        files: of the images, N names.
        masks: the mask files of an image by its name; several are joined.
        preprocessing: of the images.
        cache: keeps the result.
        progress: told after each image.

    Returns:
        uint8 [N, S, S, 3], bright where a lesion is, mapped from the file; black where there is no mask.
    """
    size = preprocessing.image_size

    def fitted(file: str) -> NDArray[np.uint8]:
        joined = np.zeros((size, size, 3), np.uint8)
        for mask in masks.get(file, []):
            np.maximum(joined, fit(read_image(folder / mask), preprocessing), out=joined)
        return joined

    return _fit_all(files, fitted, preprocessing, cache, progress, "Fitting masks to the input size")


def _fit_all(
    files: Sequence[str],
    fitted: Callable[[str], NDArray[np.uint8]],
    preprocessing: Preprocessing,
    cache: Path,
    progress: Progress,
    what: str,
) -> NDArray[np.uint8]:
    if cache.is_file():
        return np.load(cache, mmap_mode="r")
    size = preprocessing.image_size
    shape = (len(files), size, size, 3)
    unfinished = cache.with_name(f"new-{cache.name}")
    images = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
    for row, file in enumerate(files):
        images[row] = fitted(file)
        progress(what, row + 1, len(files))
    images.flush()
    unfinished.replace(cache)
    return images
