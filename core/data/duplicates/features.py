"""Local features of thumbnails, which rotating, mirroring, inverting, zooming and cropping leave alike.

A feature stands at a maximum of the absolute difference of two Gaussian blurs (a dark or bright blob, Lowe
2004), at one of four scales. It samples four rings around the blob, whose radius grows with the scale. The
sampled patch is multiplied by the sign of the blob, which makes up for inverting. Its descriptor is made of
the patch's Fourier coefficients along the rings: their absolute values, and the real part of the product of
those of neighbouring rings, do not depend on where a ring begins or on which way round it is read.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.data.duplicates.fingerprint import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int64]

SCALES = np.array([1.2, 1.6, 2.2, 3.0], np.float32)  # standard deviations, thumbnail pixels
MOST = (12, 10, 8, 6)  # features of an image at each scale
ANGLES = 16
RINGS = np.array([0.25, 0.5, 0.75, 1], np.float32)
DIMENSIONS = 32  # those of the largest variance, of 39

_RADIUS = 5  # of the outer ring, in scales
_RATIO = 1.6  # of the two Gaussian blurs
_FAINTEST = 0.02  # difference of the two blurs
_BORDER = 2  # pixels at the border without features
_FREQUENCIES = 6
_STACKED = 1000  # images stacked at a time: OpenCV counts rows in 16 bits
_SIMULATED = 300


class Features(NamedTuple):
    """Features of images, in the order of the images.

    Attributes:
        image: number of the image, int64 [K].
        position: x and y, thumbnail pixels with the first pixel's centre at 0, float32 [K, 2].
        scale: number of the scale, int8 [K].
        sign: 1 for a bright and -1 for a dark blob, int8 [K].
        patch: grey values on four rings at sixteen angles, times the sign, mean 0 and length 1,
            float32 [K, 4, 16].
    """

    image: Indices
    position: Floats
    scale: NDArray[np.int8]
    sign: NDArray[np.int8]
    patch: Floats

    def at(self, rows: Indices) -> Features:
        """Return some of the features."""
        return Features(
            self.image[rows], self.position[rows], self.scale[rows], self.sign[rows], self.patch[rows]
        )


def find_features(values: Floats) -> Features:
    """Find the features of N thumbnails, float32 [N, 32, 32]: at most 36 of each, 0 of a blank one."""
    narrow, wide = _blurred(values)
    parts = [
        _features_at(number, narrow[:, number], narrow[:, number] - wide[:, number])
        for number in range(len(SCALES))
    ]
    joined = Features(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return joined.at(np.argsort(joined.image, kind="stable"))


def describe(patch: Floats) -> Floats:
    """Return the descriptors of patches, float32 [K, 32], with mean 0 and unit variance on speckle."""
    mean, whitening = _whitening()
    return np.asarray((_raw_descriptors(patch) - mean) @ whitening, np.float32)


def relative_rotation(first: Floats, second: Floats) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Return how patches are turned against each other.

    Args:
        first: patches, float32 [P, 4, 16].
        second: patches, float32 [P, 4, 16].

    Returns:
        The angle t [P] in radians, whether the second is mirrored, bool [P], and the correlation [P]: what
        the first has at the angle a, the second has at t + a, or at t - a where it is mirrored.
    """
    weight = np.sqrt(RINGS)[:, None]
    one, two = (np.fft.rfft(patch * weight, axis=2) for patch in (first, second))
    alike = np.concatenate(
        [
            np.fft.irfft((one.conj() * two).sum(axis=1), n=ANGLES, axis=1),
            np.fft.irfft((one * two).sum(axis=1), n=ANGLES, axis=1),
        ],
        axis=1,
    ).astype(np.float32)
    row, best = np.arange(len(alike)), alike.argmax(axis=1)
    start, position = best // ANGLES * ANGLES, best % ANGLES
    before, after = (alike[row, start + (position + step) % ANGLES] for step in (-1, 1))
    highest = alike[row, best]
    # The maximum of the parabola through three values.
    offset = (before - after) / 2 / np.minimum(before - 2 * highest + after, -1e-6)
    angle = (position + np.clip(offset, -0.5, 0.5)) * np.float32(2 * np.pi / ANGLES)
    return angle.astype(np.float32), best >= ANGLES, highest


def _blurred(values: Floats) -> tuple[Floats, Floats]:
    """Return thumbnails [N, 4, 32, 32] blurred at each scale, and blurred more by ``_RATIO``."""
    at = np.arange(SIDE)
    squared = (at[:, None] - at) ** 2
    kernels = []
    for deviation in (*SCALES, *SCALES * _RATIO):
        kernel = np.exp(-squared / (2 * deviation**2))
        kernels.append(kernel / kernel.sum(axis=1, keepdims=True))
    stacked = np.array(kernels, np.float32)
    across = (values.reshape(-1, SIDE) @ stacked.reshape(-1, SIDE).T).reshape(-1, SIDE, len(kernels), SIDE)
    both = np.einsum("kij,njkx->nkix", stacked, across, optimize=True)
    both = np.ascontiguousarray(both, np.float32)
    return both[:, : len(SCALES)], both[:, len(SCALES) :]


def _features_at(number: int, blurred: Floats, difference: Floats) -> Features:
    strength = np.abs(difference)
    highest = strength
    for axis in (1, 2):
        padded = np.pad(highest, [(0, 0)] + [(int(axis == other),) * 2 for other in (1, 2)])
        parts = [np.take(padded, range(step, step + SIDE), axis=axis) for step in range(3)]
        highest = np.maximum(np.maximum(parts[0], parts[1]), parts[2])
    found = (strength >= highest) & (strength > _FAINTEST)
    middle = slice(_BORDER, SIDE - _BORDER)
    score = np.zeros_like(strength)
    score[:, middle, middle] = (strength * found)[:, middle, middle]
    score = score.reshape(len(score), -1)
    most = MOST[number]
    strongest = np.argpartition(-score, most, axis=1)[:, :most]
    image = np.repeat(np.arange(len(score)), most)
    at = strongest.ravel()
    kept = score[image, at] > 0
    image, at = image[kept], at[kept]
    position = _refined(difference, image, at)
    sign = np.sign(difference.reshape(len(score), -1)[image, at]).astype(np.int8)
    patch = _sampled(blurred, image, position, SCALES[number] * _RADIUS) * sign[:, None, None]
    patch -= np.average(patch.mean(axis=2), axis=1, weights=RINGS)[:, None, None]
    length = np.sqrt(((patch**2).sum(axis=2) * RINGS).sum(axis=1))
    patch /= np.maximum(length, 1e-6)[:, None, None]
    return Features(image, position, np.full(len(at), number, np.int8), sign, patch)


def _refined(difference: Floats, image: Indices, at: Indices) -> Floats:
    """Return positions [K, 2] between pixels, at the maximum of a parabola along each axis."""
    down, right = np.divmod(at, SIDE)
    here = difference[image, down, right]
    position = []
    for start, step_down, step_right in ((right, 0, 1), (down, 1, 0)):
        after = difference[image, down + step_down, right + step_right]
        before = difference[image, down - step_down, right - step_right]
        curvature = after - 2 * here + before
        curvature = np.where(np.abs(curvature) < 1e-6, 1e-6, curvature)  # noqa: PLR2004
        position.append(start - np.clip((after - before) / 2 / curvature, -0.6, 0.6))
    return np.stack(position, axis=1).astype(np.float32)


def _sampled(blurred: Floats, image: Indices, position: Floats, radius: np.float32) -> Floats:
    """Sample rings around positions, float32 [K, 4, 16]; outside the thumbnail is 0."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    ring = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32) * (RINGS * radius)[:, None, None]
    points = position[:, None, :, None] + ring  # [K, 4, 2, 16]
    samples = len(RINGS) * ANGLES
    right, down = (points[:, :, axis].reshape(len(image), samples) for axis in (0, 1))
    outside = (np.minimum(right, down) < -0.5) | (np.maximum(right, down) > SIDE - 0.5)  # noqa: PLR2004
    right, down = np.clip(right, 0, SIDE - 1), np.clip(down, 0, SIDE - 1)
    sampled = np.empty_like(right)
    for start in range(0, len(blurred), _STACKED):
        rows = slice(*np.searchsorted(image, [start, start + _STACKED]))
        offset = ((image[rows] - start) * SIDE).astype(np.float32)[:, None]
        tall = np.ascontiguousarray(blurred[start : start + _STACKED]).reshape(-1, SIDE)
        sampled[rows] = _remapped(tall, right[rows], down[rows] + offset)
    sampled[outside] = 0
    return sampled.reshape(len(image), len(RINGS), ANGLES)


def _remapped(tall: Floats, right: Floats, down: Floats) -> Floats:
    rows = _STACKED * SIDE  # also of the result
    parts = [
        cv2.remap(tall, right[start : start + rows], down[start : start + rows], cv2.INTER_LINEAR)
        for start in range(0, len(right), rows)
    ]
    return np.concatenate(parts) if parts else np.empty_like(right)


def _raw_descriptors(patch: Floats) -> Floats:
    turns = np.outer(np.arange(ANGLES), np.arange(_FREQUENCIES)) * 2 * np.pi / ANGLES
    basis = np.concatenate([np.cos(turns), -np.sin(turns)], axis=1).astype(np.float32) / ANGLES
    weighted = (patch * np.sqrt(RINGS)[:, None]).reshape(-1, ANGLES)
    both = (weighted @ basis).reshape(len(patch), len(RINGS), 2, _FREQUENCIES)
    real, imaginary = both[:, :, 0], both[:, :, 1, 1:]
    mean, real = real[..., 0], real[..., 1:]
    size = np.sqrt(real**2 + imaginary**2)
    product = real[:, :-1] * real[:, 1:] + imaginary[:, :-1] * imaginary[:, 1:]
    product /= np.maximum(np.sqrt(size[:, :-1] * size[:, 1:]), 1e-6)
    count = len(patch)
    return np.concatenate([mean, size.reshape(count, -1), product.reshape(count, -1)], axis=1)


@cache
def _whitening() -> tuple[Floats, Floats]:
    """Return the mean [39] and the whitening matrix [39, 32] of descriptors of simulated speckle."""
    rng = np.random.default_rng(0)
    textures = []
    for across, down in zip(rng.uniform(1.5, 4, _SIMULATED), rng.uniform(1, 2.5, _SIMULATED), strict=True):
        noise = rng.normal(size=(2 * SIDE, 2 * SIDE)).astype(np.float32)
        texture = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=down))
        texture = texture[SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]
        texture = texture / texture.std()
        texture -= cv2.GaussianBlur(texture, (0, 0), 4)
        textures.append(texture / (np.sqrt(cv2.GaussianBlur(texture**2, (0, 0), 4)) + 0.15))
    descriptors = _raw_descriptors(find_features(np.array(textures, np.float32)).patch)
    values, vectors = np.linalg.eigh(np.cov(descriptors.T))
    matrix = (vectors / np.sqrt(values + 1e-2 * values.max()))[:, -DIMENSIONS:]  # in ascending order
    return descriptors.mean(axis=0), np.ascontiguousarray(matrix, np.float32)
