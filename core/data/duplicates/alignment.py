"""Align two thumbnails by an affine map, and measure how alike they are where they overlap."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.data.duplicates.fingerprint import Thumbnails

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_MAX_STEP = 0.1  # of a Gauss-Newton step, in each of the six parameters
_LIMITS = np.array([2, 2, 0.45], np.float32)  # of a warp's scales and shift
_USUAL_TEXTURE = 0.5  # squared difference of neighbouring pixels, relative to their variance, in BUSI
_LEAST_WEIGHT = 1e-3  # keeps quotients finite
_PIXELS = 2**17  # of the pairs that are aligned at a time: their arrays fit the processor's cache
_REMAP_ROWS = 32_000  # OpenCV counts rows in 16 bits
_IDENTITY = np.eye(2, 3, dtype=np.float32)


class Alignment(NamedTuple):
    """Aligned pairs.

    Attributes:
        warp: affine map of the positions in the first image to those in the second, float32 [P, 2, 3]; the
            side of a thumbnail has length 1, and its middle is 0.
        correlation: correlation over the overlap, -1 to 1, float32 [P].
        overlap: share of the first thumbnail that overlaps the second, 0–1, float32 [P].
    """

    warp: Floats
    correlation: Floats
    overlap: Floats

    def similarity(self, independence: Floats) -> Floats:
        """Return how alike the images are, float32 [P]: Fisher's z · √(share of independent pixels).

        The standard error of Fisher's z is 1/√n for n independent pixels: a small overlap needs a higher
        correlation, and so do smooth images.

        Args:
            independence: ``independence`` of the smoother image of each pair, [P].
        """
        correlation = np.clip(self.correlation, -0.999, 0.999)
        return np.asarray(np.arctanh(correlation) * np.sqrt(self.overlap * independence), np.float32)


def align(first: Thumbnails, second: Thumbnails, warp: Floats, *, steps: int) -> Alignment:
    """Align pairs of thumbnails by inverse compositional Gauss-Newton steps (Baker and Matthews 2004).

    Args:
        first: P thumbnails of any side.
        second: P thumbnails, which are warped.
        warp: initial warp, float32 [P, 2, 3].
        steps: number of Gauss-Newton steps; with 0 the given warp is measured.
    """
    at_once = _PIXELS // first.values[0].size if len(warp) else 1
    parts = [
        _align(first.at(rows), second.at(rows), warp[rows], steps)
        for rows in (slice(start, start + at_once) for start in range(0, max(len(warp), 1), at_once))
    ]
    return Alignment(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _align(first: Thumbnails, second: Thumbnails, warp: Floats, steps: int) -> Alignment:
    count, side = first.values.shape[:2]
    image, inside = (values.reshape(count, side * side) for values in first)
    tall = _stacked(second)
    if steps:
        down, right = np.gradient(first.values * side, axis=(1, 2))
        right, down = ((slope * first.inside).reshape(count, 1, side * side) for slope in (right, down))
        descent = np.concatenate([right * _grid(side), down * _grid(side)], axis=1)
        hessian = descent @ descent.transpose(0, 2, 1)
        damping = 1e-3 * np.trace(hessian, axis1=1, axis2=2) + 1e-6
        inverted = np.linalg.inv(hessian + damping[:, None, None] * np.eye(6, dtype=np.float32))
        for _ in range(steps):
            seen, weight = _warped(tall, warp, side)
            # Both images are 0 outside, and what is seen is weighted already.
            residual = seen - image * weight
            step = inverted @ (descent @ residual[..., None])
            warp = _without_step(warp, np.clip(step[..., 0], -_MAX_STEP, _MAX_STEP).reshape(-1, 2, 3))
    seen, weight = _warped(tall, warp, side)
    seen, weight = seen * inside, weight * inside
    area = weight.sum(axis=1)
    return Alignment(warp, _correlation(image, seen, weight, area), area / np.float32(side * side))


def independence(thumbnails: Thumbnails) -> Floats:
    """Return which share of the pixels of each thumbnail counts as independent of its neighbours, [N].

    It is judged by the squared difference of neighbouring pixels, of which a smooth image has little. The
    share is relative to the median image of BUSI.
    """
    values, inside = thumbnails
    power = np.maximum((values**2).sum(axis=(1, 2)), _LEAST_WEIGHT)
    right = np.diff(values, axis=2) * inside[:, :, 1:] * inside[:, :, :-1]
    down = np.diff(values, axis=1) * inside[:, 1:] * inside[:, :-1]
    across, along = ((slope**2).sum(axis=(1, 2)) / power for slope in (right, down))
    return np.minimum(np.sqrt(across * along) / np.float32(_USUAL_TEXTURE), 1)


def inverse(warp: Floats) -> Floats:
    """Return the inverse of affine maps, float32 [P, 2, 3]."""
    a, b, c, d = warp[:, 0, 0], warp[:, 0, 1], warp[:, 1, 0], warp[:, 1, 1]
    small, divisor = np.float32(1e-6), determinant(warp)
    divisor = np.where(np.abs(divisor) < small, small, divisor)
    linear = np.stack([d, -b, -c, a], axis=1).reshape(-1, 2, 2) / divisor[:, None, None]
    return np.concatenate([linear, -linear @ warp[:, :, 2:]], axis=2)


def determinant(warp: Floats) -> Floats:
    """Return the determinant of affine maps, float32 [P]: negative where they mirror."""
    return warp[:, 0, 0] * warp[:, 1, 1] - warp[:, 0, 1] * warp[:, 1, 0]


def zoomed(thumbnails: Thumbnails, right: float, down: float) -> Thumbnails:
    """Enlarge the middle of thumbnails by a factor of at least 1 along each axis."""
    if right == down == 1:
        return thumbnails
    count, side = thumbnails.values.shape[:2]
    warp = np.tile(_IDENTITY / np.array([[right], [down]], np.float32), (count, 1, 1)).astype(np.float32)
    seen, weight = _warped(_stacked(thumbnails), warp, side)
    inside = (weight > 0.5).astype(np.float32)  # noqa: PLR2004
    values = np.asarray(seen / np.maximum(weight, _LEAST_WEIGHT) * inside, np.float32)
    return Thumbnails(values.reshape(count, side, side), inside.reshape(count, side, side))


def halved(thumbnails: Thumbnails) -> Thumbnails:
    """Return thumbnails of half the side, averaged over tiles."""

    def means(values: Floats) -> Floats:
        side = values.shape[1] // 2
        return np.asarray(values.reshape(-1, side, 2, side, 2).mean(axis=(2, 4)), np.float32)

    return Thumbnails(means(thumbnails.values), means(thumbnails.inside))


@cache
def _grid(side: int) -> Floats:
    """Return x, y and 1 of each pixel, float32 [3, side²]."""
    at = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / side
    right, down = np.meshgrid(at, at)
    return np.stack([right.ravel(), down.ravel(), np.ones(side * side, np.float32)])


def _without_step(warp: Floats, step: Floats) -> Floats:
    """Return warp ∘ (1 + step)⁻¹ within the limits of a plausible warp."""
    back = inverse(_IDENTITY + step)
    combined = warp[:, :, :2] @ back
    combined[:, :, 2] += warp[:, :, 2]
    return np.clip(combined, -_LIMITS, _LIMITS)


def _stacked(thumbnails: Thumbnails) -> Floats:
    """Stack thumbnails [P, n, n], each between two rows of zeros: values and weights [P, n + 2, n, 2]."""
    count, side = thumbnails.values.shape[:2]
    tall = np.zeros((count, side + 2, side, 2), np.float32)
    tall[:, 1:-1, :, 0] = thumbnails.values
    tall[:, 1:-1, :, 1] = thumbnails.inside
    return tall


def _warped(tall: Floats, warp: Floats, side: int) -> tuple[Floats, Floats]:
    """Resample bilinearly; return values times weights, and weights, which are 0 outside, both [P, n²]."""
    count = len(tall)
    shifted = warp * np.float32(side)
    shifted[:, :, 2] += np.float32((side - 1) / 2)
    position = (shifted.reshape(-1, 3) @ _grid(side)).reshape(count, 2, side * side)
    found = np.empty((count, side * side, 2), np.float32)
    block = _REMAP_ROWS // (side + 2)
    for start in range(0, count, block):
        part = slice(start, start + block)
        right, down = position[part, 0], np.clip(position[part, 1], -1, side)
        down += (np.arange(len(down), dtype=np.float32) * (side + 2) + 1)[:, None]
        # Beyond the left and the right border OpenCV takes 0.
        found[part] = cv2.remap(
            tall[part].reshape(-1, side, 2), right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
    return found[..., 0], found[..., 1]


def _correlation(image: Floats, seen: Floats, weight: Floats, area: Floats) -> Floats:
    """Return the weighted correlation of an image and of what is seen, which is weighted already."""
    area = np.maximum(area, _LEAST_WEIGHT)
    weighted = image * weight
    mean, other_mean = weighted.sum(axis=1) / area, seen.sum(axis=1) / area
    product = (image * seen).sum(axis=1) / area - mean * other_mean
    square = (image * weighted).sum(axis=1) / area - mean**2
    other = (seen * seen / np.maximum(weight, _LEAST_WEIGHT)).sum(axis=1) / area - other_mean**2
    return product / np.sqrt(np.maximum(square * other, _LEAST_WEIGHT**2))
