"""Folders that hold the frames of a clip as images: one examination, and not many.

In training such frames are one group, as near-duplicates and by their sub-folder. Here, without classes,
names and pixels tell them: 5 to 600 names differ in numbers only, the images have one size, and neighbours
look alike. Of the neighbours in BUSI and BUS-BRA, by the numbers in their names, the median correlation is
at most 0.22; in a cine loop of a heart of 120 frames it is 0.97, and in every tenth of its frames 0.82.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data.duplicates.fingerprint import decode_fingerprints
from core.images.limits import CLIP_FRAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 5
"""Smallest number of images that are taken for frames."""
_ALIKE = 0.5  # smallest median correlation of neighbours
_NUMBER = re.compile(r"([0-9]{1,18})")  # strangers may send longer ones than Python reads


class Numbered(NamedTuple):
    """Files of a folder whose names differ in numbers only.

    Attributes:
        name: folder and name, with ``*`` for each number that differs.
        files: positions of the files, in the order of their numbers.
    """

    name: str
    files: tuple[int, ...]


def find_numbered(files: Sequence[str]) -> list[Numbered]:
    """Find at least ``FEWEST`` files in one folder whose names differ in numbers only.

    Args:
        files: paths, with slashes.
    """
    found: dict[tuple[str, ...], list[tuple[list[int], int]]] = {}
    for position, file in enumerate(files):
        path = PurePosixPath(file)
        parts = _NUMBER.split(path.name)
        key = (str(path.parent), *parts[::2])
        found.setdefault(key, []).append(([int(number) for number in parts[1::2]], position))
    return [
        Numbered(_name(key, [numbers for numbers, _ in one]), tuple(position for _, position in sorted(one)))
        for key, one in found.items()
        if len(one) >= FEWEST
    ]


def are_frames(sizes: Sequence[tuple[int, int]], fingerprints: Sequence[str]) -> bool:
    """Return whether images are frames of one clip: of one size, and neighbours look alike.

    Args:
        sizes: width and height of each image, in the order of their numbers.
        fingerprints: their fingerprints; see ``core.data.duplicates.fingerprint``.
    """
    if len(set(sizes)) != 1 or not FEWEST <= len(fingerprints) <= CLIP_FRAMES:
        return False
    values, inside = decode_fingerprints(fingerprints)
    both = inside[1:] * inside[:-1]
    first, second = values[1:] * both, values[:-1] * both
    energy = np.sqrt((first**2).sum(axis=(1, 2)) * (second**2).sum(axis=(1, 2)))
    correlation = (first * second).sum(axis=(1, 2)) / np.maximum(energy, np.float32(1e-6))
    return float(np.median(correlation)) >= _ALIKE


def _name(key: tuple[str, ...], numbers: Sequence[list[int]]) -> str:
    """Return the folder and what the names have in common."""
    folder, *words = key
    differs = [len(set(column)) > 1 for column in zip(*numbers, strict=True)]
    shown = ["*" if different else str(value) for different, value in zip(differs, numbers[0], strict=True)]
    name = words[0] + "".join(number + word for number, word in zip(shown, words[1:], strict=True))
    return name if folder == "." else f"{folder}/{name}"
