"""The index of a data folder: one row per image, with its class, pixel hash and fingerprint."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data import near_duplicates
from core.data.listing import PROBLEMS, list_files, without_images
from core.errors import UserError
from core.images.limits import ImageError
from core.images.local import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.images.pixels import Decoded

COLUMNS = ("file", "class", "kind", "image", "sha256", "width", "height", "fingerprint", "notes")
MIN_CLASSES = 2
_NUMBERS = {1: "one is", 2: "two are"}


class ImageFacts(NamedTuple):
    """Facts about the pixels of an image.

    Attributes:
        sha256: ``pixel_hash`` of the image.
        width: width of the image, pixels.
        height: height of the image, pixels.
        fingerprint: ``near_duplicates.fingerprint`` of the image.
        notes: what decoding changed, such as the range of grey values, as sentences; or ''.
    """

    sha256: str
    width: int
    height: int
    fingerprint: str
    notes: str


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of an image's shape and RGB pixels, uint8 [H, W, 3], as 64 hex digits."""
    shape = "×".join(map(str, pixels.shape)).encode()
    return hashlib.sha256(shape + pixels.tobytes()).hexdigest()


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read the pixels of an image file, uint8 [H, W, 3] RGB; see ``read_decoded``."""
    return read_decoded(path).pixels


def read_decoded(path: Path) -> Decoded:
    """Read an image file, with what decoding changed.

    Raises:
        ImageError: the file cannot be read.
    """
    return read_file(path)


def find_files(folder: Path, min_classes: int = MIN_CLASSES) -> pd.DataFrame:
    """List the image files of a data folder without opening them.

    Args:
        folder: data folder with one sub-folder per class.
        min_classes: smallest number of classes, 1 or 2.

    Returns:
        The images and masks of ``list_files``, without the column ``problem``.

    Raises:
        UserError: the folder does not exist, has too few classes, or has a file with a problem.
    """
    listed = list_files(folder)
    for file, problem in listed.loc[listed["problem"] != "", ["file", "problem"]].to_numpy():
        raise UserError(f"{file} {PROBLEMS[problem]}.")
    table = listed[listed["kind"] != "other"].drop(columns="problem").reset_index(drop=True)
    classes = table["class"].unique()
    if len(classes) < min_classes:
        # BUSI's archive unpacks to one folder around the class folders.
        wrapped = len(classes) and table["file"].str.count("/").min() > 1
        inner = f", or give {folder / classes[0]} if its sub-folders are the classes" if wrapped else ""
        count = "one class" if len(classes) else "no class"
        raise UserError(
            f"{folder} has images of {count}, but at least {_NUMBERS[min_classes]} needed; "
            f"give a folder with one sub-folder per class{inner}. {without_images(folder, classes)}".rstrip()
        )
    return table


def read_facts(
    folder: Path, files: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> list[ImageFacts | ImageError]:
    """Read images in parallel and return their facts.

    Args:
        folder: data folder.
        files: N file names relative to the folder.
        progress: called with the number of files read and of all files.

    Returns:
        N facts, or the error for a file that cannot be read.
    """
    outcomes: list[ImageFacts | ImageError] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(_facts, [folder / file for file in files]):
            outcomes.append(outcome)
            if progress:
                progress(len(outcomes), len(files))
    return outcomes


def describe_notes(table: pd.DataFrame) -> str:
    """Return a sentence on the images that decoding changed, with one as an example; empty without any.

    Args:
        table: table of images with ``file`` and ``notes``.
    """
    changed = table[table["notes"].fillna("") != ""]
    if changed.empty:
        return ""
    first = changed.iloc[0]
    count = "1 image was" if len(changed) == 1 else f"{len(changed)} images were"
    return f"{count} changed when read, such as {first['file']}: {first['notes']}"


def build_index(
    folder: Path, progress: Callable[[int, int], None] | None = None, *, min_classes: int = MIN_CLASSES
) -> pd.DataFrame:
    """Read every image of a data folder and return the index table.

    Args:
        folder: data folder with one sub-folder per class.
        progress: called with the number of files read and of all files.
        min_classes: smallest number of classes: 2 for training, 1 for evaluation.

    Returns:
        The table of ``find_files`` with the columns of ``ImageFacts``.

    Raises:
        UserError: the folder is not usable, or a file cannot be read.
    """
    table = find_files(folder, min_classes)
    outcomes = read_facts(folder, list(table["file"]), progress)
    failures = [outcome for outcome in outcomes if isinstance(outcome, ImageError)]
    if failures:
        more = len(failures) - 1
        others = f" {more} more {'file' if more == 1 else 'files'} cannot be read; `audit` lists them."
        raise UserError(f"{failures[0]} Repair or remove the file.{others if more else ''}")
    table[list(ImageFacts._fields)] = pd.DataFrame(outcomes, index=table.index)
    return table[list(COLUMNS)]


def _facts(path: Path) -> ImageFacts | ImageError:
    try:
        pixels, notes = read_decoded(path)
    except ImageError as error:
        return error
    height, width = pixels.shape[:2]
    return ImageFacts(pixel_hash(pixels), width, height, near_duplicates.fingerprint(pixels), " ".join(notes))
