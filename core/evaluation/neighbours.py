"""How often the nearest neighbour of an image, by embedding, has the same class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from core.evaluation.intervals import proportion_of_hits
from core.evaluation.results import Share, ShareInterval
from core.schema import Strict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class NeighbourAgreement(Strict):
    """How often a test image has the class of its nearest neighbour in another group."""

    images: int = Field(ge=1, le=1_000_000, description="test images with such a neighbour")
    groups: int = Field(ge=1, le=1_000_000, description="their groups")
    known: int = Field(ge=2, le=1_000_000, description="images of all sets among which neighbours were found")
    same_class: ShareInterval = Field(
        description="share of the test images whose neighbour has their class; 95 % interval at the "
        "effective number of groups"
    )
    by_chance: Share = Field(
        description="the same share if the neighbour were any image of another group, drawn at random"
    )


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows, [N, D], scaled to length 1; a row of zeros stays."""
    rows = np.asarray(rows, np.float32)
    # Some networks have embeddings so small that their squares would be zero.
    rows = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True, initial=0), np.finfo(np.float32).tiny)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def cosine_distances(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine distances, 0-2, between rows of length 1, [N, D] and [M, D], as float32 [N, M]."""
    distances = rows @ others.T
    np.subtract(1, distances, out=distances)
    # Rounding can take the cosine of equal rows past 1.
    return np.clip(distances, 0, 2, out=distances)


def measure(
    embeddings: NDArray[np.floating], classes: ArrayLike, groups: ArrayLike, tested: NDArray[np.bool_]
) -> NeighbourAgreement | None:
    """Compare the class of each test image with that of its nearest neighbour in another group.

    Neighbours are training and test images. Of equally near ones the first counts.

    Args:
        embeddings: embeddings of N images, float [N, D]; their scale cancels.
        classes: class of each, [N].
        groups: group of each, such as its patient, [N].
        tested: whether it is a test image, bool [N].

    Returns:
        None where no test image has a neighbour in another group.
    """
    units = unit_rows(embeddings)
    of_class, of_group = (np.unique(np.asarray(each), return_inverse=True)[1] for each in (classes, groups))
    other = of_group[tested][:, np.newaxis] != of_group
    has_one = other.any(axis=1)
    rows, other = np.flatnonzero(tested)[has_one], other[has_one]
    if not len(rows):
        return None
    distances = np.where(other, cosine_distances(units[rows], units), np.inf)
    same = of_class[rows][:, np.newaxis] == of_class
    hits = same[np.arange(len(rows)), distances.argmin(axis=1)]
    found = proportion_of_hits(hits, of_group[rows])
    if found is None:  # no rows
        return None
    return NeighbourAgreement(
        images=len(rows),
        groups=len(np.unique(of_group[rows])),
        known=len(units),
        same_class=found,
        by_chance=float(((same & other).sum(axis=1) / other.sum(axis=1)).mean()),
    )
