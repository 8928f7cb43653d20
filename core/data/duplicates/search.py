"""Find near-duplicates among ultrasound images: the same frame, saved again with other settings.

A fingerprint is a 32 × 32 thumbnail with local mean 0 and nearly uniform local contrast, so it does not
depend on size or brightness. Two fingerprints are compared in two steps. A short vector of coarse structure
selects candidates among all pairs. Each candidate pair is then aligned (zoom and shift along both axes, which
compensates for crops and other aspect ratios) and correlated over the overlap. Only the second step decides.

The thresholds were set on BUSI in November 2026. Near-duplicates of all 780 images were made with crops up to
3 % a side, brightness and contrast ±25 %, drawn calipers and text, JPEG, scales 0.5–2, and all of these
together; their correlation is never below 0.86. The most similar pairs of different images were inspected:
different patients never exceed 0.70, different frames of one patient reach up to 0.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.data.duplicates.fingerprint import SIDE, decode_fingerprints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int64]

# Smallest correlation after alignment of two near-duplicates.
NEAR_DUPLICATE = 0.75
# Smallest correlation at which a single pair joins two groups; all known near-duplicates exceed it.
SURE_DUPLICATE = 0.85
# Smallest correlation of the coarse vectors of a candidate pair. It selects about 1 % of BUSI's pairs, all
# known near-duplicates but one whose dark rim was taken for a margin, and 99 % of those with crops up to 10 %
# a side.
CANDIDATE = 0.45
# Largest number of candidates per image, which limits the time where thousands of images are alike.
NEIGHBOURS = 16
# Smallest correlation at half size of a candidate that is aligned at full size. It rejects four of five
# candidates that are not near-duplicates; the near-duplicates in BUSI have at least 0.66 here.
ROUGH = 0.55

_ROWS = 256  # rows of the similarity matrix at a time: 100 MB with 100,000 references
_PAIRS = 64  # pairs aligned at a time; these fit the processor's cache


def near_duplicate_groups(fingerprints: Sequence[str]) -> Indices:
    """Group near-duplicates.

    One pair at ``SURE_DUPLICATE`` joins two groups. A weaker pair joins them only if at least half of all
    pairs between the two are near-duplicates, so that chains of similar images do not connect patients. The
    groups do not depend on the order of the images.

    Args:
        fingerprints: fingerprints of N images.

    Returns:
        Group number of each image, int64 [N], counted from 0 in the order of first appearance.
    """
    distinct = sorted(set(fingerprints))
    position = {text: index for index, text in enumerate(distinct)}
    inverse = np.array([position[text] for text in fingerprints], np.int64)
    thumbnails = decode_fingerprints(distinct)
    coarse = _coarse(thumbnails)
    pairs = _candidates(coarse, coarse)
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    correlation = _correlation(thumbnails, thumbnails, pairs)
    blank = np.asarray(~thumbnails.any(axis=1))
    group = _joined(len(distinct), pairs, correlation)[inverse]
    # Blank images share one fingerprint but are not near-duplicates; each is a group of its own.
    single = blank[inverse]
    group[single] = len(distinct) + np.arange(np.count_nonzero(single))
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


class Matches(NamedTuple):
    """The best near-duplicate of each of N images among reference images.

    Attributes:
        reference: index of the reference image, int64 [N]; -1 where there is no near-duplicate.
        mirrored: whether the reference image is its mirror image, bool [N].
    """

    reference: Indices
    mirrored: NDArray[np.bool_]


def find_near_duplicates(fingerprints: Sequence[str], reference: Sequence[str]) -> Matches:
    """Find the best near-duplicate of each image among reference images.

    Args:
        fingerprints: fingerprints of N images.
        reference: fingerprints of the reference images.
    """
    best = np.full(len(fingerprints), -1, np.int64)
    thumbnails, references = decode_fingerprints(fingerprints), decode_fingerprints(reference)
    pairs = _candidates(_coarse(thumbnails), _coarse(references))
    correlation = _correlation(thumbnails, references, pairs)
    order = np.argsort(correlation, kind="stable")
    order = order[correlation[order] >= NEAR_DUPLICATE]
    best[pairs[order, 0]] = pairs[order, 1]  # the last assignment, that of the highest correlation, stays
    return Matches(best, np.zeros(len(best), bool))


def _shrunk(thumbnails: Floats, side: int) -> Floats:
    """Downsample thumbnails [N, 1024] to [N, side, side] by averaging over tiles."""
    tiles = np.repeat(np.eye(side, dtype=np.float32), SIDE // side, axis=1) * np.float32(side / SIDE)
    return tiles @ thumbnails.reshape(-1, SIDE, SIDE) @ tiles.T


def _coarse(thumbnails: Floats) -> Floats:
    """Reduce thumbnails [N, 1024] to unit vectors [N, 64], zero for blank images.

    The mean of each row is removed, because the layers of skin, fat and muscle are alike in all images.
    """
    small = _shrunk(thumbnails, 8)
    vectors = (small - small.mean(2, keepdims=True)).reshape(-1, 64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _candidates(coarse: Floats, reference: Floats) -> Indices:
    """Return candidate pairs [P, 2]: the nearest references of each image above ``CANDIDATE``."""
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(coarse), _ROWS):
        similarity = coarse[start : start + _ROWS] @ reference.T
        row, column = np.divmod(np.flatnonzero(similarity > CANDIDATE), len(reference))
        order = np.lexsort((column, -similarity[row, column], row))
        row, column = row[order], column[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        near = rank <= NEIGHBOURS  # the image itself may be one of them
        found.append(np.stack([row[near] + start, column[near]], axis=1))
    return np.concatenate(found)


def _correlation(thumbnails: Floats, references: Floats, pairs: Indices) -> Floats:
    """Align pairs [P, 2] and return their correlation [P], -1 to 1, or 0 below ``ROUGH`` at half size."""
    correlation = np.zeros(len(pairs), np.float32)
    for start in range(0, len(pairs), _PAIRS):
        block = pairs[start : start + _PAIRS]
        image, other = thumbnails[block[:, 0]], references[block[:, 1]]
        warp = np.tile(np.array([1, 0, 1, 0], np.float32), (len(block), 1))
        warp, rough = _aligned(_shrunk(image, 16), _shrunk(other, 16), warp, steps=4)
        likely = np.flatnonzero(rough > ROUGH)
        if likely.size:
            image, other = (x[likely].reshape(-1, SIDE, SIDE) for x in (image, other))
            correlation[start + likely] = _aligned(image, other, warp[likely], steps=8)[1]
    return correlation


def _aligned(image: Floats, other: Floats, warp: Floats, *, steps: int) -> tuple[Floats, Floats]:
    """Align pairs of images by inverse compositional Gauss-Newton steps (Baker and Matthews 2004).

    Args:
        image: first images, [P, n, n].
        other: second images, [P, n, n], which are warped.
        warp: initial zoom and shift along x, then along y, [P, 4]; the side has length 1 and its middle is 0.
        steps: number of Gauss-Newton steps.

    Returns:
        The refined warp [P, 4], and the correlation over the overlap [P], 0 for less than half an image.
    """
    side = image.shape[1]
    at = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / side
    down, right = np.gradient(image * side, axis=(1, 2))
    descent = np.stack([right * at, right, down * at[:, None], down], axis=1).reshape(-1, 4, side * side)
    hessian = descent @ descent.transpose(0, 2, 1)
    damping = 1e-3 * np.trace(hessian, axis1=1, axis2=2) + 1e-6
    inverse = np.linalg.inv(hessian + damping[:, None, None] * np.eye(4, dtype=np.float32))
    for _ in range(steps):
        seen, overlap = _warped(other, warp)
        residual = ((seen - image) * overlap).reshape(-1, side * side, 1)
        step = np.clip((inverse @ (descent @ residual))[..., 0], -0.1, 0.1)
        zoom = np.clip(warp[:, ::2] / (1 + step[:, ::2]), 0.65, 1.54)
        shift = np.clip(warp[:, 1::2] - zoom * step[:, 1::2], -0.25, 0.25)
        warp = np.stack([zoom, shift], axis=2).reshape(-1, 4)
    seen, overlap = _warped(other, warp)
    return warp, _masked_correlation(image, seen, overlap)


def _warped(other: Floats, warp: Floats) -> tuple[Floats, Floats]:
    """Resample [P, n, n] bilinearly, and return the overlap [P, n, n], 1 where the source is inside."""
    side = other.shape[1]
    index, middle = np.arange(side, dtype=np.float32), np.float32((side - 1) / 2)
    source = (index - middle) * warp[:, ::2, None] + warp[:, 1::2, None] * side + middle  # [P, 2, n]
    weights = np.maximum(0, 1 - np.abs(source[..., None] - index))  # [P, 2, n, n]
    inside = ((source >= 0) & (source <= side - 1)).astype(np.float32)
    seen = weights[:, 1] @ other @ weights[:, 0].transpose(0, 2, 1)
    return seen, inside[:, 1, :, None] * inside[:, 0, None, :]


def _masked_correlation(image: Floats, seen: Floats, overlap: Floats) -> Floats:
    count = np.maximum(overlap.sum((1, 2)), 1)
    left, right = ((x - ((x * overlap).sum((1, 2)) / count)[:, None, None]) * overlap for x in (image, seen))
    length = np.sqrt((left**2).sum((1, 2)) * (right**2).sum((1, 2)))
    correlation = (left * right).sum((1, 2)) / np.maximum(length, 1e-6)
    return np.where(count >= overlap[0].size / 2, correlation, 0).astype(np.float32)


def _joined(count: int, pairs: Indices, correlation: Floats) -> Indices:
    """Return the group of each image, int64 [count], from pairs [P, 2] and their correlation [P]."""
    sure = pairs[correlation >= SURE_DUPLICATE]
    graph = coo_array((np.ones(len(sure)), (sure[:, 0], sure[:, 1])), shape=(count, count))
    group = connected_components(graph, directed=False)[1].astype(np.int64)
    links = pairs[correlation >= NEAR_DUPLICATE]
    neighbours: dict[int, set[int]] = {int(i): set() for i in links.ravel()}
    for i, j in links.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    members: dict[int, set[int]] = {}
    for i in neighbours:
        members.setdefault(int(group[i]), set()).add(i)
    for i, j in links[np.argsort(-correlation[correlation >= NEAR_DUPLICATE], kind="stable")].tolist():
        one, two = int(group[i]), int(group[j])
        if one == two:
            continue
        linked = sum(len(neighbours[member] & members[two]) for member in members[one])
        if 2 * linked >= len(members[one]) * len(members[two]):
            group[list(members[two])] = one
            members[one] |= members.pop(two)
    return group
