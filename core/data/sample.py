"""A few images of a data set, drawn class by class: always the same ones."""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from core.data.mask_names import mask_owners

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SEED = 20


def draw(classes: Sequence[str], most: int) -> list[int]:
    """Draw images in rounds, each of one image of every class that has one left, in random order.

    Args:
        classes: class of each image.
        most: largest number of images to draw.

    Returns:
        Positions of the drawn images, in the order in which they were drawn.
    """
    rng = np.random.default_rng(_SEED)
    of_class = [
        rng.permutation([position for position, name in enumerate(classes) if name == each]).tolist()
        for each in sorted(set(classes))
    ]
    rounds = [[one for one in each if one is not None] for each in zip_longest(*of_class)]
    return list(chain.from_iterable(rng.permutation(each).tolist() for each in rounds))[:most]


def draw_files(sizes: Mapping[str, int], classes: Mapping[str, str], most: int, most_bytes: int) -> list[str]:
    """Draw image files of a data set that has not been fetched.

    Args:
        sizes: path of each image or mask, with slashes → size in bytes.
        classes: class of each image whose class is known, the others are left out; where none is known,
            folders stand for classes.
        most: largest number of images to draw.
        most_bytes: largest size of all drawn images, bytes; what does not fit in is left out.

    Returns:
        Paths of images, which are no masks by their names.
    """
    known = classes or {file: str(PurePosixPath(file).parent) for file in sizes}
    images = sorted(set(known) - set(mask_owners(sizes)))
    drawn: list[str] = []
    for position in draw([known[file] for file in images], len(images)):
        if len(drawn) < most and sizes[images[position]] <= most_bytes:
            drawn.append(images[position])
            most_bytes -= sizes[images[position]]
    return drawn
