"""A folder with one sub-folder per class becomes one index table."""

from __future__ import annotations

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd

from core import duplicates
from core.errors import UserError
from core.images import EXTENSIONS, MAX_BYTES, ImageError, decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

COLUMNS = ("file", "class", "kind", "image", "sha256", "width", "height", "fingerprint")
MIN_CLASSES = 2
_MASK = re.compile(r"(?P<image>.+)_mask(_\d+)?", re.DOTALL)


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of a picture's shape and RGB pixels, uint8 [H, W, 3], as 64 hex digits."""
    shape = "×".join(map(str, pixels.shape)).encode()
    return hashlib.sha256(shape + pixels.tobytes()).hexdigest()


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return the pixels of a file, uint8 [H, W, 3].

    Raises:
        ImageError: the file cannot be read.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ImageError(f"{path} has more than {MAX_BYTES // 2**20} MB; make it smaller first.")
    return decode(path.read_bytes(), str(path)).pixels


def find_files(folder: Path) -> pd.DataFrame:
    """List the picture files of a folder without opening them.

    Returns:
        One row per file in the order in which Keras's ``flow_from_directory`` lists them, with the columns
        ``file`` (relative to the folder, with slashes), ``class``, ``kind`` (``mask`` for names that end in
        ``_mask`` or ``_mask_N``, else ``image``) and ``image`` (whose mask it is, or the file itself).

    Raises:
        UserError: the folder does not exist, has fewer than two classes, or links to a file outside.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a folder that has one sub-folder per class.")
    root = folder.resolve()
    rows = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."):
        for directory, _, names in sorted(os.walk(child)):
            for name in sorted(names):
                if name.lower().endswith(EXTENSIONS) and not name.startswith("."):
                    file = os.path.relpath(os.path.join(directory, name), folder).replace(os.sep, "/")  # noqa: PTH118
                    if not (folder / file).resolve().is_relative_to(root):
                        raise UserError(
                            f"{file} is a link that leaves {folder}; replace it by the file itself."
                        )
                    rows.append((file, child.name))
    table = pd.DataFrame(rows, columns=["file", "class"])
    if table["class"].nunique() < MIN_CLASSES:
        raise UserError(
            f"{folder} has pictures of {table['class'].nunique()} class(es), but at least two are needed: "
            "one sub-folder per class."
        )
    stems = {os.path.splitext(file)[0]: file for file in table["file"]}  # noqa: PTH122
    # A name alone makes no mask: the picture it belongs to has to be there as well.
    owners = [
        stems.get(match["image"]) if (match := _MASK.fullmatch(os.path.splitext(file)[0])) else None  # noqa: PTH122
        for file in table["file"]
    ]
    table["kind"] = ["mask" if owner else "image" for owner in owners]
    table["image"] = [owner or file for owner, file in zip(owners, table["file"], strict=True)]
    return table


def index(folder: Path, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """Read every picture of a folder once and return the index table.

    Args:
        folder: has one sub-folder per class.
        progress: called with (files read, files).

    Returns:
        The table of ``find_files`` with ``sha256`` (of the decoded pixels with their shape), ``width`` and
        ``height`` in pixels, and ``fingerprint``.

    Raises:
        UserError: the folder is not usable, or a file cannot be read.
    """
    table = find_files(folder)
    facts: list[tuple[str, int, int, str]] = []
    failures: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, outcome in enumerate(pool.map(_facts, [folder / file for file in table["file"]]), start=1):
            if isinstance(outcome, ImageError):
                failures.append(str(outcome))
            else:
                facts.append(outcome)
            if progress:
                progress(done, len(table))
    if failures:
        others = f" {len(failures) - 1} other file(s) cannot be read either." if len(failures) > 1 else ""
        raise UserError(f"{failures[0]} Repair the file or take it out of the folder.{others}")
    table[["sha256", "width", "height", "fingerprint"]] = pd.DataFrame(facts, index=table.index)
    return table[list(COLUMNS)]


def _facts(path: Path) -> tuple[str, int, int, str] | ImageError:
    try:
        pixels = read_picture(path)
    except ImageError as error:
        return error
    height, width = pixels.shape[:2]
    return pixel_hash(pixels), width, height, duplicates.fingerprint(pixels)
