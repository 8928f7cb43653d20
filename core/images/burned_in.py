"""Detect burned-in annotations, calipers and text, which a network may learn in place of tissue.

Both detectors look for structures that neither tissue nor speckle has: thin strokes of one grey value that
cross at a right angle and end on all four sides, and strokes of one height side by side. Their thresholds
were set on BUSI in November 2026, and every detection was inspected: 125 of 780 images with calipers and 286
with letters (half of them the scanner's name in a corner), without a false positive. In 84 other images,
inspected whole, no calipers were missed; one image with thin calipers is known to be missed. None of 450
simulated images was flagged. JPEG at quality 75 loses no calipers and a tenth of the letters; in BUSI
enlarged by half, half of the calipers and most letters are lost. So a detection can be trusted, its absence
cannot.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

# Contrast of a cross, grey levels. In BUSI drawn crosses have 39 to 178, everything else at most 18.
_CROSS_CONTRAST = 28
_ARMS = range(4, 11)  # length of a cross's arm, pixels; scanners draw calipers at a fixed size
_BEYOND = 5  # pixels inspected beyond the end of an arm
_MARGIN = 20  # more than an arm and the pixels inspected beyond it
_MAX_PIXELS = 1_500_000  # larger images are shrunk, which keeps the search fast
_LETTER_CONTRASTS = (60, 100)
_LETTER_HEIGHTS = (7, 40)
# Largest difference between the 90th percentile and the median of a stroke: drawn strokes are uniform.
_FLAT = 22
_MIN_LETTERS = 2  # side by side
_MAX_LETTERS = 400  # more are noise


class Annotations(NamedTuple):
    """Burned-in annotations that were detected in an image."""

    calipers: bool
    text: bool


def find_annotations(pixels: NDArray[np.uint8]) -> Annotations:
    """Detect upright calipers (+) and text.

    Slanted calipers, body marks and Doppler colours are not detected.

    Args:
        pixels: uint8 [H, W, 3] RGB, 0–255, of any size.
    """
    # The brightest channel, since yellow or red marks are dark in grey.
    brightest = pixels.max(axis=2)
    share = (_MAX_PIXELS / brightest.size) ** 0.5
    if share < 1:
        brightest = np.asarray(
            cv2.resize(brightest, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8
        )
    return Annotations(
        cross_contrast(brightest) >= _CROSS_CONTRAST, longest_row_of_letters(brightest) >= _MIN_LETTERS
    )


def cross_contrast(grey: Grey) -> int:
    """Return the contrast of the clearest upright cross in grey levels, negative if there is none.

    It is the darkest pixel of the cross minus the brightest of twelve values: the means of the four squares
    between the arms, the means of the four areas beyond the arms, and the darkest pixel of a longer strip
    beyond each arm, where a dotted line may continue but a solid one must not.

    Args:
        grey: uint8 [H, W].
    """
    padded = np.pad(grey, _MARGIN, mode="edge")
    height, width = grey.shape
    rows, columns = slice(_MARGIN, _MARGIN + height), slice(_MARGIN, _MARGIN + width)

    def mean(side_y: int, side_x: int, down: int, right: int) -> Grey:
        """Return the mean of the box whose corner lies ``down`` below and ``right`` of each pixel."""
        box = np.asarray(cv2.boxFilter(padded, -1, (side_x, side_y), anchor=(0, 0)), np.uint8)
        return box[_MARGIN + down : _MARGIN + down + height, _MARGIN + right : _MARGIN + right + width]

    def beyond(down: int, right: int) -> Grey:
        """Return the darkest of the five pixels from the given offset outwards, for each pixel."""
        strip = np.ones((_BEYOND if down else 1, _BEYOND if right else 1), np.uint8)
        darkest = np.asarray(cv2.erode(padded, strip), np.uint8)  # centred
        down, right = (step + np.sign(step) * (_BEYOND // 2) for step in (down, right))
        return darkest[_MARGIN + down : _MARGIN + down + height, _MARGIN + right : _MARGIN + right + width]

    best = -255
    for arm in _ARMS:
        cross = np.zeros((2 * arm + 1, 2 * arm + 1), np.uint8)
        cross[arm, :] = cross[:, arm] = 1
        darkest = cv2.erode(padded, cross)[rows, columns]
        side, end = arm - 2, arm + 3
        around = [mean(side, side, down, right) for down in (3, -2 - side) for right in (3, -2 - side)]
        around += [
            mean(2, 3, end, -1),
            mean(2, 3, -end - 1, -1),
            mean(3, 2, -1, end),
            mean(3, 2, -1, -end - 1),
        ]
        around += [beyond(end, 0), beyond(-end, 0), beyond(0, end), beyond(0, -end)]
        brightest = reduce(np.maximum, around)
        best = max(best, int(cv2.subtract(darkest, brightest, dtype=cv2.CV_16S).max()))
    return best


def longest_row_of_letters(grey: Grey) -> int:
    """Return the number of letters in the longest row of letters of one height, in uint8 [H, W]."""
    thin = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((11, 11), np.uint8))
    return max(_count_longest_row(_letters(grey, thin >= contrast)) for contrast in _LETTER_CONTRASTS)


def _letters(grey: Grey, strokes: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return left, top, width and height [N, 4] of letter candidates, from left to right."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    width, height = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]
    low, high = _LETTER_HEIGHTS
    shaped = (height >= low) & (height <= high) & (width >= 2) & (width <= 1.4 * height)  # noqa: PLR2004
    shaped[0] = False  # the background
    found = []
    for label in np.flatnonzero(shaped)[:_MAX_LETTERS]:
        x, y, w, h = boxes[label, :4]
        values = grey[y : y + h, x : x + w][labels[y : y + h, x : x + w] == label]
        if np.subtract(*np.percentile(values, [90, 50])) <= _FLAT:
            found.append(boxes[label, :4])
    return np.array(sorted(map(tuple, found)), np.int32).reshape(-1, 4)


def _count_longest_row(letters: NDArray[np.int32]) -> int:
    longest = 0
    for index, (left, top, width, height) in enumerate(letters.tolist()):
        count, right = 1, left + width
        for x, y, w, h in letters[index + 1 :].tolist():
            on_line = abs(y - top) <= 1 and abs(y + h - top - height) <= 1
            if on_line and -1 <= x - right <= 1.1 * height:
                count, right = count + 1, x + w
        longest = max(longest, count)
    return longest
