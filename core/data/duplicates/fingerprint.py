"""Fingerprints of images, by which near-duplicates are recognised."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.data.shared_frames import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.data.shared_frames import SharedFrame

    Floats = NDArray[np.float32]

SIDE = 32
_GREY_AXES = 2
_WORKING_SIDE = 256
_NEIGHBOURHOOD = 4.0  # standard deviation of the Gaussian, in thumbnail pixels
_LEVEL = 0.03  # quantisation step of the stored int8


def fingerprint(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame] = ()) -> str:
    """Return the fingerprint of an image, by which its near-duplicates are recognised.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey, 0–255, of any size.
        frames: frames to recognise, such as those that a bundle's training images share. What lies outside
            of the ultrasound image does not count.

    Returns:
        int8 [32, 32] as Base64 text of 1,368 characters. That of an (almost) constant image is zero, and
        such an image has no near-duplicates.
    """
    grey = (
        pixels
        if pixels.ndim == _GREY_AXES
        else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    )
    size = (_WORKING_SIDE, _WORKING_SIDE)
    square = cv2.resize(locate(grey, frames).box.crop(grey), size, interpolation=cv2.INTER_AREA)
    # The median filter removes thin marks: calipers, dotted lines, small text.
    anatomy = cv2.medianBlur(square, 5)
    thumbnail = np.asarray(cv2.resize(anatomy, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    contrast = float(thumbnail.std())
    if contrast < 1:
        return base64.b64encode(bytes(SIDE * SIDE)).decode()
    thumbnail = (thumbnail - thumbnail.mean()) / contrast
    thumbnail -= _neighbourhood_mean(thumbnail)
    thumbnail /= np.sqrt(_neighbourhood_mean(thumbnail**2)) + 0.15  # keeps noise in shadows small
    levels = np.clip(np.rint(thumbnail / _LEVEL), -127, 127).astype(np.int8)
    return base64.b64encode(levels.tobytes()).decode()


def decode_fingerprints(fingerprints: Sequence[str]) -> Floats:
    """Return N fingerprints as float32 [N, 1024], locally normalised grey values of about -4 to 4.

    Raises:
        ValueError: a fingerprint is empty, as tables have it where it is not known, or has another length.
    """
    decoded = [base64.b64decode(text) for text in fingerprints]
    wrong = next((len(data) for data in decoded if len(data) != SIDE * SIDE), None)
    if wrong is not None:  # joined, all that follow would be moved
        raise ValueError(f"a fingerprint has {wrong} bytes instead of {SIDE * SIDE}")
    levels = np.frombuffer(b"".join(decoded), np.int8)
    return levels.reshape(-1, SIDE * SIDE) * np.float32(_LEVEL)


def _neighbourhood_mean(values: Floats) -> Floats:
    blurred = cv2.GaussianBlur(values, (0, 0), _NEIGHBOURHOOD, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)
