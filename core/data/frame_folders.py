"""Folders that hold the frames of a clip as images: one examination, and not many.

In training such frames are one group, as near-duplicates or by their sub-folder. Here, without classes,
names and pixels tell them: at least 5 names differ in numbers only, the images have one size, and neighbours
look alike. Where a number other than the last one changes, another clip begins unless the two look alike.
A few files of another size among them, such as a screenshot, are no frames; a user who means a clip is told.
Of the neighbours in BUSI and BUS-BRA, by the numbers in their names, the median correlation is at most 0.22;
in a cine loop of a heart of 120 frames it is 0.97, and in every tenth of its frames 0.82.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data.duplicates.fingerprint import decode_fingerprints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 5
"""Smallest number of images that are taken for frames."""
_ALIKE = 0.5  # smallest median correlation of neighbours
_FEW = 0.1  # largest share of files of another size that leaves the others a clip; one file always does
_BLOCK = 4096  # fingerprints that are decoded together
_SHOWN = 2
_NUMBER = re.compile(r"([0-9]{1,18})")  # strangers may send longer ones than Python reads


class Numbered(NamedTuple):
    """Files of a folder whose names differ in numbers only.

    Attributes:
        name: folder and name, with ``*`` for each number that differs.
        files: positions of the files, in the order of their numbers.
    """

    name: str
    files: tuple[int, ...]


class FrameFolders(NamedTuple):
    """What is found among images whose names differ in numbers only.

    Attributes:
        clips: the clips.
        remarks: a sentence on each folder whose files look like one clip, but have several sizes.
    """

    clips: tuple[Numbered, ...]
    remarks: tuple[str, ...]

    def describe(self) -> str:
        """Return the first remarks, and the number of the others; '' without any."""
        more = len(self.remarks) - _SHOWN
        others = [f"So it is in {more} more."] if more > 0 else []
        return " ".join([*self.remarks[:_SHOWN], *others])


def find_numbered(files: Sequence[str]) -> list[Numbered]:
    """Find at least ``FEWEST`` files in one folder whose names differ in numbers only.

    Args:
        files: paths, with slashes.
    """
    found: dict[tuple[str, ...], list[int]] = {}
    for position, file in enumerate(files):
        found.setdefault(_words(file), []).append(position)
    return [
        Numbered(
            _name([files[position] for position in one]),
            tuple(sorted(one, key=lambda position: (_numbers(files[position]), position))),
        )
        for one in found.values()
        if len(one) >= FEWEST
    ]


def find_clips(
    files: Sequence[str], sizes: Sequence[tuple[int, int]], fingerprints: Sequence[str]
) -> FrameFolders:
    """Find the clips among images.

    Args:
        files: paths of the N images, with slashes.
        sizes: width and height of each.
        fingerprints: fingerprint of each; see ``core.data.duplicates.fingerprint``. They may lie on the disk:
            only those of numbered files are taken, a few thousand at a time.
    """
    clips, remarks = [], []
    for numbered in find_numbered(files):
        numbers = [_numbers(files[position]) for position in numbered.files]
        alike = _likeness(fingerprints, numbered.files)
        last = max(
            (column for column, found in enumerate(zip(*numbers, strict=True)) if len(set(found)) > 1),
            default=0,
        )
        leading = [one[:last] + one[last + 1 :] for one in numbers]
        cuts = [
            place
            for place in range(1, len(leading))
            if leading[place] != leading[place - 1] and alike[place - 1] < _ALIKE
        ]
        for first, end in itertools.pairwise([0, *cuts, len(leading)]):
            found = numbered.files[first:end]
            if len(found) < FEWEST or np.median(alike[first : end - 1]) < _ALIKE:
                continue
            ((size, _),) = Counter(sizes[position] for position in found).most_common(1)
            odd = [position for position in found if sizes[position] != size]
            frames = tuple(position for position in found if sizes[position] == size)
            name = _name([files[position] for position in found])
            if len(frames) >= FEWEST and len(odd) <= max(1, _FEW * len(found)):
                clips.append(Numbered(name, frames))
                if odd:
                    remarks.append(
                        _describe_odd(name, len(frames), size, files[odd[0]], sizes[odd[0]], len(odd))
                    )
            else:
                remarks.append(
                    f"{name} looks like one clip, but its {len(found)} files differ in size, such as "
                    f"{files[odd[0]]}, so each counts as an image of its own: save them with one size."
                )
    return FrameFolders(tuple(clips), tuple(remarks))


def _describe_odd(
    name: str, frames: int, size: tuple[int, int], file: str, its_size: tuple[int, int], count: int
) -> str:
    (width, height), (its_width, its_height) = size, its_size
    more = f", and {count - 1} more files of another size count as images" if count > 1 else ""
    return (
        f"{name} is one clip of {frames} frames of {width} × {height} pixels; {file} has {its_width} × "
        f"{its_height} and counts as an image of its own{more}."
    )


def _likeness(fingerprints: Sequence[str], positions: Sequence[int]) -> NDArray[np.float32]:
    """Return the correlation of each of N images with the next one, [N - 1]."""
    return np.concatenate(
        [
            _correlation([fingerprints[position] for position in positions[start : start + _BLOCK + 1]])
            for start in range(0, max(len(positions) - 1, 1), _BLOCK)
        ]
    )


def _correlation(fingerprints: Sequence[str]) -> NDArray[np.float32]:
    values, inside = decode_fingerprints(fingerprints)
    both = inside[1:] * inside[:-1]
    first, second = values[1:] * both, values[:-1] * both
    energy = np.sqrt((first**2).sum(axis=(1, 2)) * (second**2).sum(axis=(1, 2)))
    return (first * second).sum(axis=(1, 2)) / np.maximum(energy, np.float32(1e-6))


def _words(file: str) -> tuple[str, ...]:
    """Return the folder of a file and its name without numbers."""
    path = PurePosixPath(file)
    return str(path.parent), *_NUMBER.split(path.name)[::2]


def _numbers(file: str) -> list[int]:
    return [int(number) for number in _NUMBER.split(PurePosixPath(file).name)[1::2]]


def _name(files: Sequence[str]) -> str:
    """Return the folder and what the names have in common, with ``*`` for each number that differs."""
    differs = [len(set(column)) > 1 for column in zip(*map(_numbers, files), strict=True)]
    path = PurePosixPath(files[0])
    words, texts = _NUMBER.split(path.name)[::2], _NUMBER.split(path.name)[1::2]
    shown = ["*" if different else text for different, text in zip(differs, texts, strict=True)]
    name = words[0] + "".join(number + word for number, word in zip(shown, words[1:], strict=True))
    return name if str(path.parent) == "." else f"{path.parent}/{name}"
