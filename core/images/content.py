"""Tell by its pixels whether an image can be an ultrasound image, or is black and white only, or blank.

A segmentation mask has two grey values, or a few flat ones, whatever the file is called. The thresholds were
set on the 780 images and 798 masks of BUSI and on changed copies: masks as JPEG, in one colour, with 128 in
the place of 255, as label maps; images at a twentieth of their brightness, and at a ninth of the area of a
black frame. Then they were checked on BUS-BRA: none of its 1,875 images is taken for a mask, and none of its
1,875 masks for an image. Of strong JPEG (quality 30) copies of label maps a fifth are missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from core.images.frame import to_grey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Counts = NDArray[np.float32]
    Look = Literal["", "black and white", "blank"]

BLACK_AND_WHITE: Look = "black and white"
BLANK: Look = "blank"

# Of larger images some rows are left out, but noise needs several in each pixel of the thumbnail to average.
_MOST_PIXELS, _FEWEST_ROWS = 30_000, 64
# What has less than these shares of black and white pixels and of equal neighbours is an image: those of BUSI
# and BUS-BRA have at most 0.63 and 0.56.
_FEW_EXTREME, _FEW_EQUAL = 0.8, 0.85
# With a margin for JPEG artefacts around an edge.
_BLACK, _WHITE = 8, 247
# Smallest share of black and white among all values, and of white among the pixels that are not black: masks
# saved as JPEG have at least 0.97 and 0.47, images at most 0.63 and 0.14. The second tells a dark image.
_EXTREME, _WHITE_OF_LIT = 0.95, 0.3
# A label map has few values, more where they lie apart, and its neighbours are equal: 0.99 of them in every
# mask. An image at a twentieth of its brightness has mostly nine values or more, next to each other.
_LABELS, _LABELS_APART, _EXACT, _EQUAL_EXACT = 4, 8, 0.999, 0.97
# A label map as JPEG: smallest share of equal neighbours, of values around four peaks, of these apart from
# the highest peak, and the distance of the peaks. Images within a black frame have up to 0.985 and 0.60 of
# the second and third.
_EQUAL, _NEAR_PEAKS, _LIT_NEAR_PEAKS, _APART = 0.92, 0.99, 0.75, 28
_PEAKS, _PEAK_WIDTH, _PEAK_SHARE = 4, 8, 0.002
# Largest share of pixels apart from one grey value, by more than the margin, in a blank image.
_LIT, _MARGIN = 0.0005, 4
_SIDE = 32  # of a thumbnail; that of a blank image has a standard deviation below 1, as in a fingerprint


def look(pixels: NDArray[np.uint8]) -> Look:
    """Tell whether an image can be an ultrasound image.

    Args:
        pixels: uint8 [H, W, 3] RGB, 0–255, of any size.

    Returns:
        ``black and white`` for a segmentation mask: nearly all values are black or white, in one colour or
        several, or they are few and flat (a label map); ``blank`` for one grey value, or nearly; else empty,
        also for images at a tenth of the usual brightness.
    """
    height, width = pixels.shape[:2]
    pixels = pixels[:: max(1, min(height * width // _MOST_PIXELS, height // _FEWEST_ROWS))]
    green = np.ascontiguousarray(pixels[..., 1])
    if (
        _contrast(green) >= 1
        and _share_of_extremes(green) < _FEW_EXTREME
        and _share_of_equals(green) < _FEW_EQUAL
    ):
        return ""
    channels = [np.asarray(channel, np.uint8) for channel in cv2.split(np.ascontiguousarray(pixels))]
    counts = [_count(channel) for channel in channels]
    if max(_share_apart(of_channel, 0) for of_channel in counts) <= _LIT:
        return BLANK
    brightest = np.asarray(cv2.max(cv2.max(channels[0], channels[1]), channels[2]), np.uint8)
    if _is_two_valued(counts, _count(brightest)):
        return BLACK_AND_WHITE
    if _is_label_map(counts, to_grey(pixels)):
        return BLACK_AND_WHITE
    nearly_one_value = max(_share_apart(of_channel, _MARGIN) for of_channel in counts) <= _LIT
    return BLANK if nearly_one_value or max(map(_contrast, channels)) < 1 else ""


def _contrast(values: Grey) -> float:
    """Return the standard deviation of a thumbnail, in which neither noise nor a few pixels show."""
    return float(cv2.resize(values, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).std())


def _share_of_extremes(values: Grey) -> float:
    return np.count_nonzero((values <= _BLACK) | (values >= _WHITE)) / values.size


def _share_of_equals(values: Grey) -> float:
    """Return the share of pixels that equal their neighbour; 1 in an image that is one pixel wide."""
    pairs = values[:, 1:].size
    return np.count_nonzero(values[:, 1:] == values[:, :-1]) / pairs if pairs else 1.0


def _count(values: Grey) -> Counts:
    """Return how many pixels have each grey value, float32 [256]."""
    return np.asarray(cv2.calcHist([values], [0], None, [256], [0, 256]), np.float32).ravel()


def _share_apart(counts: Counts, margin: int) -> float:
    """Return the share of pixels that differ from the most frequent value by more than a margin."""
    mode = int(counts.argmax())
    return float(1 - counts[max(0, mode - margin) : mode + margin + 1].sum() / counts.sum())


def _is_two_valued(counts: Sequence[Counts], brightest: Counts) -> bool:
    extreme = sum(float(one[: _BLACK + 1].sum() + one[_WHITE:].sum()) for one in counts)
    white, lit = float(brightest[_WHITE:].sum()), float(brightest[_BLACK + 1 :].sum())
    pixels = float(brightest.sum())
    return extreme >= _EXTREME * len(counts) * pixels and white >= max(_WHITE_OF_LIT * lit, _LIT * pixels)


def _is_label_map(counts: Sequence[Counts], grey: Grey) -> bool:
    equal = _share_of_equals(grey)
    if equal >= _EQUAL_EXACT and all(map(_has_few_values, counts)):
        return True
    if equal < _EQUAL:
        return False
    positions, shares = zip(*_peaks(_count(grey)), strict=True)
    near, highest = sum(shares), shares[0]
    return bool(
        near >= _NEAR_PEAKS
        and near - highest >= _LIT_NEAR_PEAKS * (1 - highest)
        and max(positions) - min(positions) >= _APART
    )


def _has_few_values(counts: Counts) -> bool:
    frequent = np.argsort(counts, kind="stable")[: -_LABELS_APART - 1 : -1]
    few = int(np.searchsorted(np.cumsum(counts[frequent]), _EXACT * counts.sum())) + 1
    return few <= _LABELS or (few <= _LABELS_APART and int(np.ptp(frequent[:few])) >= _APART)


def _peaks(counts: Counts) -> list[tuple[int, float]]:
    """Return the grey value of the highest peaks and the share of values around each, highest first."""
    left = counts.copy()
    found: list[tuple[int, float]] = []
    for _ in range(_PEAKS):
        position = int(left.argmax())
        around = slice(max(0, position - _PEAK_WIDTH), position + _PEAK_WIDTH + 1)
        share = float(left[around].sum() / counts.sum())
        if share < _PEAK_SHARE and found:
            break
        found.append((position, share))
        left[around] = 0
    return found
