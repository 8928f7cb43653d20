"""Find candidate near-duplicates among many thumbnails by their local features, with a first alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import faiss
import numpy as np

from core.data.duplicates import features
from core.data.duplicates.alignment import zoomed
from core.data.duplicates.blocks import in_blocks
from core.data.duplicates.features import Features, describe, find_features, relative_rotation
from core.data.duplicates.fingerprint import SIDE, decode_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int64]
    Levels = NDArray[np.int8]
    View = tuple[float, float]

WHOLE: View = (1, 1)
# Views that make up for another aspect ratio, and for a deep crop, which features alone do not.
WIDER: View = (1.35, 1)
TALLER: View = (1, 1.35)
MIDDLE: View = (1.4, 1.4)

_NEIGHBOURS = 10  # of each feature
_IMAGES = 10  # candidates of each image
_STARTS = 3  # alignments of each candidate
_LEAST_ALIKE = 0.72  # correlation of two patches, once they are turned the same way
_PATCH_STEP = np.float32(0.005)  # of a patch in int8
# Smallest distance from which a neighbour tells nothing; in BUSI and BUS-BRA the eleventh is nearer for 1 %
# of the features.
_UNRELATED = np.float32(1.5)
# All features are compared up to this number; above it, an inverted file of product codes is searched.
_FEW = 10_000
_CODES = "PQ32x4fs"
_PROBED, _TRAINED = 6, 64  # lists searched, and features per list to learn the lists and codes from
# Above so many lists there are four times as many, which a graph leads to instead of comparing them all; it
# pays off from about 400,000 images on.
_MANY_LISTS, _TRAINED_OF_MANY, _ROUNDS_FOR_MANY = 4096, 40, 5


class Candidates(NamedTuple):
    """Pairs of images that may be near-duplicates, the likeliest first for each image; a pair may recur.

    Attributes:
        image: number of the image, int64 [P].
        reference: number of the reference image, int64 [P].
        warp: affine map of the positions in the image to those in the reference, float32 [P, 2, 3].
        sign: -1 where one of the two is inverted, else 1; float32 [P].
    """

    image: Indices
    reference: Indices
    warp: Floats
    sign: Floats


class SeenFeatures(NamedTuple):
    """Features of images seen in some views, as ``Features``, in little memory.

    Attributes:
        image: number of the image, int32 [K].
        position: x and y in the view, thumbnail pixels, float16 [K, 2].
        scale: number of the scale, int8 [K].
        sign: 1 for a bright and -1 for a dark blob, int8 [K].
        patch: patch in steps of ``_PATCH_STEP``, int8 [K, 4, 16].
        zoom: factors of the view, float16 [K, 2].
    """

    image: NDArray[np.int32]
    position: NDArray[np.float16]
    scale: NDArray[np.int8]
    sign: NDArray[np.int8]
    patch: NDArray[np.int8]
    zoom: NDArray[np.float16]


class CandidateIndex:
    """The local features of reference images, and an index of their descriptors.

    Args:
        levels: fingerprints of the reference images, int8 [N, 32, 32].
        views: views in which the reference images are looked for.
    """

    def __init__(self, levels: Levels, views: Sequence[View]) -> None:
        self._seen = _look_at_all(levels, views)
        self._count = len(levels)
        self._index = _index_of(self._seen.patch)

    def candidates(
        self, levels: Levels, rows: slice, views: Sequence[View], *, others_only: bool = False
    ) -> Candidates:
        """Return the candidates of some images.

        Args:
            levels: fingerprints of the images, int8 [M, 32, 32].
            rows: images to look for.
            views: views in which they are looked for.
            others_only: whether the images are the reference images, and none is its own candidate.
        """
        return self.match(look(levels, rows, views), others_only=others_only)

    def match(self, seen: SeenFeatures, *, others_only: bool = False) -> Candidates:
        """Return the candidates of images whose features are known.

        Args:
            seen: features of the images.
            others_only: as for ``candidates``.
        """
        if not len(seen.image) or not self._index.ntotal:
            return _NO_CANDIDATES
        distance, neighbour = self._index.search(describe(seen.patch * _PATCH_STEP), _NEIGHBOURS + 1)
        distance = np.sqrt(np.maximum(distance, 0))
        known = neighbour[:, :-1] >= 0
        # The farther the next neighbour is in comparison, the more a near one tells (McCann and Lowe 2012).
        # Where an image has many near-duplicates, the next one is a near-duplicate too.
        farthest = np.clip(distance[:, -1:], _UNRELATED, 1e9)
        weight = np.where(known, farthest - np.minimum(distance[:, :-1], 1e9), 0)
        one = np.repeat(np.arange(len(seen.image)), _NEIGHBOURS)
        two, weight, used = neighbour[:, :-1].ravel(), weight.ravel(), known.ravel()
        if others_only:
            used &= self._seen.image[two] != seen.image[one]
        one, two = _likeliest(
            seen.image, self._seen.image, one[used], two[used], weight[used], references=self._count
        )
        return self._starts(seen, one, two)

    def _starts(self, seen: SeenFeatures, one: Indices, two: Indices) -> Candidates:
        """Return the alignments that matched features lead to."""
        first, second = seen.patch[one] * _PATCH_STEP, self._seen.patch[two] * _PATCH_STEP
        angle, mirrored, alike = relative_rotation(first, second)
        kept = alike > _LEAST_ALIKE
        one, two, angle, mirrored = one[kept], two[kept], angle[kept], mirrored[kept]
        size = features.SCALES[self._seen.scale[two]] / features.SCALES[seen.scale[one]]
        cos, sin = np.cos(angle) * size, np.sin(angle) * size
        flip = np.where(mirrored, -1, 1).astype(np.float32)
        turn = np.stack([cos, -sin * flip, sin, cos * flip], axis=1).reshape(-1, 2, 2)
        from_view, to_view, here, there = (
            values.astype(np.float32)
            for values in (
                *(seen.zoom[one], self._seen.zoom[two]),
                *(seen.position[one], self._seen.position[two]),
            )
        )
        middle = np.float32((SIDE - 1) / 2)
        moved = (turn @ (here - middle)[..., None])[..., 0]
        shift = (there - middle - moved) / SIDE / to_view
        linear = turn * from_view[:, None, :] / to_view[:, :, None]
        sign = (seen.sign[one] * self._seen.sign[two]).astype(np.float32)
        warp = np.concatenate([linear, shift[..., None]], axis=2).astype(np.float32)
        images = (seen.image[one].astype(np.int64), self._seen.image[two].astype(np.int64))
        return Candidates(*images, warp, sign)


_NO_CANDIDATES = Candidates(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2, 3), np.float32), np.empty(0, np.float32)
)


def look(levels: Levels, rows: slice, views: Sequence[View]) -> SeenFeatures:
    """Find the features of some images in some views.

    Args:
        levels: fingerprints of images, int8 [M, 32, 32].
        rows: images to look at.
        views: views in which they are looked at.
    """
    thumbnails = decode_levels(levels[rows])
    found = []
    for view in views:
        part: Features = find_features(zoomed(thumbnails, *view).values)
        patch = np.clip(np.rint(part.patch / _PATCH_STEP), -127, 127).astype(np.int8)
        image, position = (part.image + rows.start).astype(np.int32), part.position.astype(np.float16)
        zoom = np.broadcast_to(np.array(view, np.float16), (len(patch), 2))
        found.append((image, position, part.scale, part.sign, patch, zoom))
    return SeenFeatures(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _look_at_all(levels: Levels, views: Sequence[View]) -> SeenFeatures:
    """Find the features of all images, and write them into the arrays that stay: parts would take as much."""
    most = sum(features.MOST) * len(views)  # features of an image
    room = most * len(levels)
    all_seen = SeenFeatures(
        image=np.empty(room, np.int32),
        position=np.empty((room, 2), np.float16),
        scale=np.empty(room, np.int8),
        sign=np.empty(room, np.int8),
        patch=np.empty((room, len(features.RINGS), features.ANGLES), np.int8),
        zoom=np.empty((room, 2), np.float16),
    )

    columns: list[NDArray[Any]] = list(all_seen)

    def write(rows: slice) -> slice:
        seen = look(levels, rows, views)
        written = slice(most * rows.start, most * rows.start + len(seen.image))
        for column, values in zip(columns, seen, strict=True):
            column[written] = values
        return written

    end = 0
    for written in in_blocks(len(levels), write):  # without the gaps between the blocks
        start, end = end, end + written.stop - written.start
        for column in columns:
            column[start:end] = column[written]
    for column in columns:
        column.resize((end, *column.shape[1:]), refcheck=False)
    return all_seen


def _index_of(patches: NDArray[np.int8]) -> Any:
    """Return the faiss index of the descriptors of patches, int8 [K, 4, 16]."""
    count = len(patches)
    index: Any = faiss.IndexFlatL2(features.DIMENSIONS)
    if count > _FEW:
        lists, graph, trained = 2 ** round(np.log2(np.sqrt(count))), "", _TRAINED
        many = lists > _MANY_LISTS
        if many:
            lists, graph, trained = 4 * lists, "_HNSW32", _TRAINED_OF_MANY
        index = faiss.index_factory(features.DIMENSIONS, f"IVF{lists}{graph},{_CODES}")
        index.by_residual = False  # halves the time of a search
        inverted_file = faiss.extract_index_ivf(index)
        inverted_file.nprobe = _PROBED
        if many:
            inverted_file.cp.niter = _ROUNDS_FOR_MANY  # of k-means
        step = max(1, count // (lists * trained))
        index.train(describe(patches[::step] * _PATCH_STEP))
    for start in range(0, count, _FEW):
        index.add(describe(patches[start : start + _FEW] * _PATCH_STEP))
    return index


def _likeliest(
    image: NDArray[np.int32],
    owner: NDArray[np.int32],
    one: Indices,
    two: Indices,
    weight: Floats,
    *,
    references: int,
) -> tuple[Indices, Indices]:
    """Choose the likeliest reference images of each image, and the best matches of features for each.

    Args:
        image: number of the image of each feature.
        owner: number of the reference image of each reference feature.
        one: matched features, [H].
        two: the reference feature of each match, [H].
        weight: how much each match tells, [H].
        references: number of reference images.

    Returns:
        The chosen matches, as pairs of features.
    """
    if not len(one):
        return one, two
    pair = image[one].astype(np.int64) * references + owner[two]
    order = np.argsort(pair)
    pair = pair[order]
    first = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
    total = np.add.reduceat(weight[order], first)
    of_image = pair[first] // references
    by_total = np.lexsort((-total, of_image))
    rank = np.empty(len(first), np.int64)
    rank[by_total] = np.arange(len(first)) - np.searchsorted(of_image, of_image)  # of_image is sorted
    size = np.diff(np.r_[first, len(pair)])
    likely = np.repeat(rank, size) < _IMAGES
    order, pair = order[likely], pair[likely]
    by_weight = np.lexsort((-weight[order], pair))
    order, pair = order[by_weight], pair[by_weight]
    place = np.arange(len(pair)) - np.searchsorted(pair, pair)
    chosen = order[place < _STARTS]
    return one[chosen], two[chosen]
