"""Near-duplicates among ultrasound images: the same frame saved again, whatever was done to it.

A fingerprint is a 32 × 32 thumbnail in which every neighbourhood has mean 0 and about the same contrast,
so that brightness does not count and size never did. Two fingerprints are compared in two steps. A short
vector of coarse structure picks candidates among all pairs. Each candidate pair is then aligned (zoom and
shift along both axes, which undoes a crop or another aspect ratio) and correlated over what the two
images share. Only the second step decides.

The thresholds were set on BUSI in November 2026. Known copies were made from all 780 images: crops up to
3 % a side, brightness and contrast ±25 %, drawn calipers and text, JPEG, scales 0.5–2, and all of it at
once; their correlation is never below 0.86. The pairs of different images that come closest were
looked at: another patient never got beyond 0.70, another frame of one patient scores anything up to 0.9.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int64]

SIDE = 32
# Correlation after alignment from which two images are near-duplicates.
NEAR_DUPLICATE = 0.75
# From here on one pair alone joins two groups: every known copy scored more.
SURE_DUPLICATE = 0.85
# Correlation of the coarse vectors from which a pair is looked at: about 1 % of BUSI's pairs, all known
# copies but one whose dark rim was taken for a margin, and 99 % of those with crops up to 10 % a side.
CANDIDATE = 0.45
# An image is looked at beside so many of its coarse neighbours: bounds time where thousands look alike.
NEIGHBOURS = 16
# Correlation at half size below which a candidate is given up: four of five that are no copies, and
# hardly a pair that ends above NEAR_COPY: the lowest of those in BUSI has 0.66 here.
ROUGH = 0.55

_GREY = 2  # axes of a grey image
_WORKING_SIDE = 256
_NEIGHBOURHOOD = 4.0  # standard deviation of the Gaussian, in thumbnail pixels
_LEVEL = 0.03  # one step of the stored int8
_ROWS = 256  # of the similarity matrix at a time: 100 MB beside 100,000 references
_PAIRS = 64  # aligned at a time: what fits the processor's cache


def fingerprint(pixels: NDArray[np.uint8]) -> str:
    """Describe an image so that its near-duplicates can be recognised without it.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey, 0–255, of any size.

    Returns:
        Base64 text of 1,368 characters: int8 [32, 32]. All zero, and therefore a near-duplicate of nothing,
        where the image is (almost) constant.
    """
    grey = pixels if pixels.ndim == _GREY else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    size = (_WORKING_SIDE, _WORKING_SIDE)
    square = cv2.resize(_without_black_margins(grey), size, interpolation=cv2.INTER_AREA)
    # The median removes what is thinner than anatomy: calipers, dotted lines, small text.
    anatomy = cv2.medianBlur(square, 5)
    thumbnail = np.asarray(cv2.resize(anatomy, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    contrast = float(thumbnail.std())
    if contrast < 1:
        return base64.b64encode(bytes(SIDE * SIDE)).decode()
    thumbnail = (thumbnail - thumbnail.mean()) / contrast
    thumbnail -= _neighbourhood_mean(thumbnail)
    thumbnail /= np.sqrt(_neighbourhood_mean(thumbnail**2)) + 0.15  # so that noise in shadows stays small
    levels = np.clip(np.rint(thumbnail / _LEVEL), -127, 127).astype(np.int8)
    return base64.b64encode(levels.tobytes()).decode()


def decode(fingerprints: Sequence[str]) -> Floats:
    """Turn fingerprints into float32 [N, 1024], locally normalised grey values of about -4 to 4."""
    levels = np.frombuffer(b"".join(map(base64.b64decode, fingerprints)), np.int8)
    return levels.reshape(-1, SIDE * SIDE) * np.float32(_LEVEL)


def near_duplicate_groups(fingerprints: Sequence[str]) -> Indices:
    """Put near-duplicates into groups.

    One pair at ``SURE_COPY`` joins two groups. A weaker pair joins them only where at least half of all
    pairs between the two are near-duplicates, so that a chain of look-alikes cannot run from one patient
    to the next. The grouping does not depend on the order of the images.

    Returns:
        int64 [N], group numbers counted from 0 in the order of first appearance.
    """
    distinct = sorted(set(fingerprints))
    position = {text: index for index, text in enumerate(distinct)}
    inverse = np.array([position[text] for text in fingerprints], np.int64)
    thumbnails = decode(distinct)
    coarse = _coarse(thumbnails)
    pairs = _candidates(coarse, coarse)
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    correlation = _correlation(thumbnails, thumbnails, pairs)
    blank = np.asarray(~thumbnails.any(axis=1))
    group = _joined(len(distinct), pairs, correlation)[inverse]
    # Blank images share one fingerprint without being copies: each stands alone.
    alone = blank[inverse]
    group[alone] = len(distinct) + np.arange(np.count_nonzero(alone))
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def find_near_duplicates(fingerprints: Sequence[str], reference: Sequence[str]) -> Indices:
    """Find each image's best near-duplicate in a reference.

    Returns:
        int64 [N], the index in ``reference``, or -1 where there is no near-duplicate.
    """
    best = np.full(len(fingerprints), -1, np.int64)
    thumbnails, references = decode(fingerprints), decode(reference)
    pairs = _candidates(_coarse(thumbnails), _coarse(references))
    correlation = _correlation(thumbnails, references, pairs)
    order = np.argsort(correlation, kind="stable")
    order = order[correlation[order] >= NEAR_DUPLICATE]
    best[pairs[order, 0]] = pairs[order, 1]  # the last, highest, assignment stays
    return best


def _without_black_margins(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut rows and columns at the edges that hold nothing but the darkest grey and compression noise."""
    seen = grey > int(grey.min()) + 4
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _neighbourhood_mean(values: Floats) -> Floats:
    blurred = cv2.GaussianBlur(values, (0, 0), _NEIGHBOURHOOD, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def _shrunk(thumbnails: Floats, side: int) -> Floats:
    """Average [N, 1024] over tiles to [N, side, side]."""
    tiles = np.repeat(np.eye(side, dtype=np.float32), SIDE // side, axis=1) * np.float32(side / SIDE)
    return tiles @ thumbnails.reshape(-1, SIDE, SIDE) @ tiles.T


def _coarse(thumbnails: Floats) -> Floats:
    """Reduce [N, 1024] to unit vectors [N, 64], zero for blank images.

    Each row loses its mean: layers of skin, fat and muscle lie alike in everybody.
    """
    small = _shrunk(thumbnails, 8)
    vectors = (small - small.mean(2, keepdims=True)).reshape(-1, 64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _candidates(coarse: Floats, reference: Floats) -> Indices:
    """Return pairs [P, 2]: each row's nearest references, as far as they correlate at ``CANDIDATE``."""
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
    """Align the pairs [P, 2] and return their correlation [P], -1 to 1; 0 where half sight shows no copy."""
    correlation = np.zeros(len(pairs), np.float32)
    for start in range(0, len(pairs), _PAIRS):
        part = pairs[start : start + _PAIRS]
        image, other = thumbnails[part[:, 0]], references[part[:, 1]]
        warp = np.tile(np.array([1, 0, 1, 0], np.float32), (len(part), 1))
        warp, rough = _aligned(_shrunk(image, 16), _shrunk(other, 16), warp, steps=4)
        likely = np.flatnonzero(rough > ROUGH)
        if likely.size:
            image, other = (x[likely].reshape(-1, SIDE, SIDE) for x in (image, other))
            correlation[start + likely] = _aligned(image, other, warp[likely], steps=8)[1]
    return correlation


def _aligned(image: Floats, other: Floats, warp: Floats, *, steps: int) -> tuple[Floats, Floats]:
    """Align pairs of [P, n, n] by inverse compositional Gauss-Newton steps (Baker and Matthews 2004).

    ``warp`` [P, 4] holds zoom and shift along x, then along y; the side has length 1 and middle 0.

    Returns:
        The better warp [P, 4], and the correlation [P] where the two overlap, 0 for less than half an image.
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
    """Resample [P, n, n] bilinearly; the overlap [P, n, n] is 1 where the source lies inside."""
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
    """Return the group [count] of each image, from pairs [P, 2] and their correlation [P]."""
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
