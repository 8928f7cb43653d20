"""Fingerprints of images, by which near-duplicates are recognised.

A fingerprint is a 32 × 32 thumbnail with local mean 0 and nearly uniform local contrast, so it does not
depend on size or brightness. What is flat up to the border is no tissue, such as black corners. The thumbnail
marks it as outside the image.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.data.shared_frames import locate
from core.images.frame import TEXTURE, texture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.data.shared_frames import SharedFrame

    Grey = NDArray[np.uint8]
    Floats = NDArray[np.float32]

SIDE = 32
CHARACTERS = 4 * -(-SIDE * SIDE // 3)
"""Length of a fingerprint, as Base64."""
_WORKING_SIDE = 256
_NEIGHBOURHOOD = 4.0  # standard deviation of the Gaussian, in thumbnail pixels
_LEVEL = 0.03  # quantisation step of the stored int8
_OUTSIDE = -128  # the level of a pixel outside the image; fingerprints of version 1 do not have it
_WINDOW = 11  # side of the square over which texture is averaged, pixels
_SPECK = 5  # side of the largest flat speck that is not taken for an area, pixels
_MIN_INSIDE = 0.1  # share of an image inside; with less, all of it is taken


class Thumbnails(NamedTuple):
    """Decoded fingerprints of N images.

    Attributes:
        values: locally normalised grey values, about -4 to 4, float32 [N, 32, 32]; 0 outside the image.
        inside: 1 inside the image and 0 outside, float32 [N, 32, 32].
    """

    values: Floats
    inside: Floats

    def at(self, rows: NDArray[np.int64] | slice) -> Thumbnails:
        """Return the thumbnails of some images."""
        return Thumbnails(self.values[rows], self.inside[rows])


def fingerprint(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame] = ()) -> str:
    """Return the fingerprint of an image, by which its near-duplicates are recognised.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey, 0–255, of any size.
        frames: frames to recognise, such as those that a bundle's training images share. What lies outside
            of the ultrasound image does not count.

    Returns:
        int8 [32, 32] as Base64 text of 1,368 characters, -128 outside the image. That of an (almost) constant
        image is zero, and such an image has no near-duplicates.
    """
    return content_fingerprint(locate(pixels, frames).content)


def content_fingerprint(content: Grey) -> str:
    """Return the fingerprint of an image whose frame was cropped already, as ``fingerprint`` does.

    Args:
        content: grey values of the ultrasound image, uint8 [H, W], 0–255.
    """
    size = (_WORKING_SIDE, _WORKING_SIDE)
    square = np.asarray(cv2.resize(content, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = ~_flat_border(square)
    share = np.asarray(cv2.resize(inside.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    valid = (share > 0.5).astype(np.float32)  # noqa: PLR2004
    if valid.mean() < _MIN_INSIDE:
        inside, share, valid = np.ones_like(inside), np.ones_like(share), np.ones_like(valid)
    # The median filter removes thin marks: calipers, dotted lines, small text.
    anatomy = np.asarray(cv2.medianBlur(square, 5), np.float32) * inside
    thumbnail = np.asarray(cv2.resize(anatomy, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    thumbnail *= valid / np.maximum(share, np.float32(1e-3))
    area = valid.sum()
    thumbnail -= thumbnail.sum() / area * valid
    contrast = float(np.sqrt((thumbnail**2).sum() / area))
    if contrast < 1:
        return base64.b64encode(bytes(SIDE * SIDE)).decode()
    thumbnail /= contrast
    weight = np.maximum(_neighbourhood_mean(valid), np.float32(1e-3))
    thumbnail -= _neighbourhood_mean(thumbnail) / weight * valid
    # The constant keeps noise in shadows small.
    thumbnail /= np.sqrt(_neighbourhood_mean(thumbnail**2) / weight) + np.float32(0.15)
    levels = np.clip(np.rint(thumbnail / _LEVEL), -127, 127)
    return base64.b64encode(np.where(valid > 0, levels, _OUTSIDE).astype(np.int8).tobytes()).decode()


def decode_fingerprints(fingerprints: Sequence[str]) -> Thumbnails:
    """Decode N fingerprints, also those of version 1, in which nothing is marked as outside.

    Raises:
        ValueError: a fingerprint is empty, as tables have it where it is not known, or has another length.
    """
    return decode_levels(fingerprint_levels(fingerprints))


def fingerprint_levels(fingerprints: Sequence[str]) -> NDArray[np.int8]:
    """Return N fingerprints as they are stored, int8 [N, 32, 32], a quarter of the size of thumbnails.

    Raises:
        ValueError: a fingerprint is empty, as tables have it where it is not known, or has another length.
    """
    levels = np.empty((len(fingerprints), SIDE * SIDE), np.int8)
    for row, text in zip(levels, fingerprints, strict=True):
        decoded = base64.b64decode(text)
        if len(decoded) != SIDE * SIDE:
            raise ValueError(f"a fingerprint has {len(decoded)} bytes instead of {SIDE * SIDE}")
        row[:] = np.frombuffer(decoded, np.int8)
    return levels.reshape(-1, SIDE, SIDE)


def decode_levels(levels: NDArray[np.int8]) -> Thumbnails:
    """Decode stored fingerprints, int8 [N, 32, 32]."""
    inside = (levels != _OUTSIDE).astype(np.float32)
    return Thumbnails(levels * np.float32(_LEVEL) * inside, inside)


def _flat_border(square: Grey) -> NDArray[np.bool_]:
    """Return where an image is flat up to its border, bool [256, 256]."""
    flat = cv2.morphologyEx(
        (texture(square, _WINDOW) < TEXTURE).astype(np.uint8),
        cv2.MORPH_OPEN,
        np.ones((_SPECK, _SPECK), np.uint8),
        borderType=cv2.BORDER_REPLICATE,
    )
    _, areas = cv2.connectedComponents(flat, connectivity=4)
    at_border = np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))
    found = np.isin(areas, at_border[at_border > 0]).astype(np.uint8)
    # Next to the tissue the window is not flat as a whole.
    return np.asarray(cv2.dilate(found, np.ones((_WINDOW, _WINDOW), np.uint8)), bool)


def _neighbourhood_mean(values: Floats) -> Floats:
    blurred = cv2.GaussianBlur(values, (0, 0), _NEIGHBOURHOOD, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)
