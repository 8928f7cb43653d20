"""Find near-duplicates: the same image saved again, cropped, turned, mirrored, inverted or framed.

Local features select candidates, and an affine alignment of the fingerprints decides. The threshold was set
on BUSI and on its images after changes: the similarity of two near-duplicates is nearly always above 1.05,
that of images of different lesions below 0.9.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from core.data.connected import connected_components
from core.data.duplicates.alignment import align, determinant, halved, independence, inverse
from core.data.duplicates.blocks import in_blocks
from core.data.duplicates.candidates import MIDDLE, TALLER, WHOLE, WIDER, CandidateIndex
from core.data.duplicates.fingerprint import Thumbnails, decode_levels, fingerprint_levels

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from core.data.duplicates.candidates import Candidates, View

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int64]
    Levels = NDArray[np.int8]

VERSION: Literal[2] = 2
"""Number of this search in a bundle; the first one found slight changes only."""

# Smallest similarity of two near-duplicates; see core.data.duplicates.alignment.
NEAR_DUPLICATE = 0.95
# Smallest correlations at half size, before and after aligning.
_START, _ROUGH = 0.3, 0.62
_MIN_OVERLAP = 0.3
_ROUGH_STEPS, _STEPS = 5, 8
_CACHED = 5_000  # reference images; an index takes 20 kB for each
# Images of a group with so many may have no other group among their neighbours.
_LARGE, _REPRESENTATIVES = 8, 3


class Matches(NamedTuple):
    """The best near-duplicate of each of N images among reference images.

    Attributes:
        reference: index of the reference image, int64 [N]; -1 where there is no near-duplicate.
        mirrored: whether the reference image is its mirror image, bool [N].
    """

    reference: Indices
    mirrored: NDArray[np.bool_]


class Pairs(NamedTuple):
    """Pairs of near-duplicates.

    Attributes:
        image: index of the image, int64 [P].
        reference: index of the reference image, int64 [P].
        similarity: how alike they are, at least ``NEAR_DUPLICATE``, float32 [P].
        mirrored: whether they are mirror images, bool [P].
    """

    image: Indices
    reference: Indices
    similarity: Floats
    mirrored: NDArray[np.bool_]


def find_near_duplicates(fingerprints: Sequence[str], reference: Sequence[str]) -> Matches:
    """Find the best near-duplicate of each image among reference images.

    Args:
        fingerprints: fingerprints of N images.
        reference: fingerprints of the reference images.
    """
    best, mirrored = np.full(len(fingerprints), -1, np.int64), np.zeros(len(fingerprints), bool)
    levels = fingerprint_levels(fingerprints)
    if len(levels) and len(reference):
        index, references = (
            _cached_index(tuple(reference)) if len(reference) <= _CACHED else _index_of(reference)
        )
        pairs = _search(index, levels, references, (WHOLE, WIDER, TALLER))
        order = np.lexsort((-pairs.reference, pairs.similarity))
        best[pairs.image[order]] = pairs.reference[order]  # the last, most similar one stays
        mirrored[pairs.image[order]] = pairs.mirrored[order]
    return Matches(best, mirrored)


def find_pairs(fingerprints: Sequence[str]) -> Indices:
    """Return pairs of near-duplicates among N images, int64 [P, 2], the smaller index first.

    Of images with many near-duplicates not every pair is among them, but enough to connect them all.
    """
    return _pairs_among(fingerprint_levels(fingerprints))


def near_duplicate_groups(fingerprints: Collection[str]) -> Indices:
    """Group images that are near-duplicates, directly or through others.

    The groups do not depend on the order of the images.

    Args:
        fingerprints: fingerprints of N images.

    Returns:
        Group number of each image, int64 [N], counted from 0 in the order of first appearance.
    """
    levels, inverse_of = _distinct_levels(fingerprints)
    del fingerprints  # of a million images they take more memory than their levels
    pairs = _pairs_among(levels)
    while True:
        group = connected_components(len(levels), pairs[:, 0], pairs[:, 1])
        members = _representatives(group)
        more = members[_pairs_among(levels[members])]
        more = more[group[more[:, 0]] != group[more[:, 1]]]
        if not len(more):
            break
        pairs = np.concatenate([pairs, more])
    numbers = group[inverse_of]
    # Blank images share one fingerprint but are not near-duplicates; each is a group of its own.
    blank = np.asarray(~levels.any(axis=(1, 2)))
    single = blank[inverse_of]
    numbers[single] = len(levels) + np.arange(np.count_nonzero(single))
    _, first, number = np.unique(numbers, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def _index_of(reference: Sequence[str]) -> tuple[CandidateIndex, Levels]:
    """Return the index of reference images, and their levels."""
    references = fingerprint_levels(reference)
    return CandidateIndex(references, (WHOLE, MIDDLE)), references


def _distinct_levels(fingerprints: Collection[str]) -> tuple[Levels, Indices]:
    """Return the levels of the distinct fingerprints, sorted, and the position of each fingerprint's."""
    distinct = sorted(set(fingerprints))
    position = {text: index for index, text in enumerate(distinct)}
    return fingerprint_levels(distinct), np.array([position[text] for text in fingerprints], np.int64)


@lru_cache(maxsize=4)
def _cached_index(reference: tuple[str, ...]) -> tuple[CandidateIndex, Levels]:
    """Keep the index of the images that a model was trained on, which every upload is looked for in."""
    return _index_of(reference)


def _representatives(group: Indices) -> Indices:
    """Return some images of each large group, sorted."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0]) if len(group) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(group)])
    chosen = [
        order[start + np.linspace(0, size - 1, _REPRESENTATIVES).astype(np.int64)]
        for start, size in zip(starts, sizes, strict=True)
        if size >= _LARGE
    ]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def _pairs_among(levels: Levels) -> Indices:
    """Return pairs of near-duplicates among stored fingerprints, int64 [P, 2], sorted."""
    if not len(levels):
        return np.empty((0, 2), np.int64)
    index = CandidateIndex(levels, (WHOLE,))
    found = _search(index, levels, levels, (WHOLE, WIDER, MIDDLE), others_only=True)
    return np.unique(np.sort(np.stack([found.image, found.reference], axis=1), axis=1), axis=0)


def _search(
    index: CandidateIndex,
    levels: Levels,
    references: Levels,
    views: Sequence[View],
    *,
    others_only: bool = False,
) -> Pairs:
    """Return the near-duplicates of images among the references of an index; see ``CandidateIndex``."""
    parts = in_blocks(
        len(levels),
        lambda rows: confirm(
            levels, references, index.candidates(levels, rows, views, others_only=others_only)
        ),
    )
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def confirm(levels: Levels, references: Levels, found: Candidates) -> Pairs:
    """Align candidates at half size, the likely ones at full size, and return the near-duplicates.

    Args:
        levels: fingerprints of the images, int8 [N, 32, 32].
        references: fingerprints of the reference images, int8 [M, 32, 32].
        found: candidates among them.
    """
    used, rows = np.unique(found.image, return_inverse=True)
    known, columns = np.unique(found.reference, return_inverse=True)
    images, others = decode_levels(levels[used]), decode_levels(references[known])
    small, small_others = halved(images), halved(others)
    warp, sign = found.warp, found.sign
    kept = np.arange(len(rows))
    for steps, least in ((0, _START), (_ROUGH_STEPS, _ROUGH)):
        rough = align(
            _signed(small, rows[kept], sign[kept]), small_others.at(columns[kept]), warp, steps=steps
        )
        likely = (rough.correlation > least) & (rough.overlap > _MIN_OVERLAP)
        kept, warp, correlation = kept[likely], rough.warp[likely], rough.correlation[likely]
    # The best alignment of each pair.
    pair = rows[kept] * len(known) + columns[kept]
    order = np.lexsort((-correlation, pair))
    order = order[np.r_[True, np.diff(pair[order]) > 0]] if len(order) else order
    kept, warp = kept[order], warp[order]
    rows, columns, sign = rows[kept], columns[kept], sign[kept]
    # The image that shows less comes first: its pixels are the finer ones.
    scale = determinant(warp)
    swapped = np.abs(scale) > 1
    both = Thumbnails(*(np.concatenate(parts) for parts in zip(images, others, strict=True)))
    first, second = rows, columns + len(used)
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    warp = np.where(swapped[:, None, None], inverse(warp), warp)
    aligned = align(_signed(both, first, sign), both.at(second), warp, steps=_STEPS)
    independent = independence(both)
    similarity = aligned.similarity(np.minimum(independent[first], independent[second]))
    near = (similarity >= NEAR_DUPLICATE) & (aligned.overlap > _MIN_OVERLAP)
    return Pairs(used[rows[near]], known[columns[near]], similarity[near], scale[near] < 0)


def _signed(thumbnails: Thumbnails, rows: Indices, sign: Floats) -> Thumbnails:
    chosen = thumbnails.at(rows)
    return Thumbnails(chosen.values * sign[:, None, None], chosen.inside)
