"""Calipers and text that a scanner drew into an image: marks that a network may learn in place of tissue.

Both detectors look for what tissue and speckle do not do: thin strokes of one grey value that meet at a right
angle and end on all four sides, and strokes that stand side by side on one line. Their thresholds were set on
BUSI in November 2026, and everything found was looked at: of 780 images 125 with calipers and 286 with
letters (half of them the scanner's own name in a corner), no false alarm among them. In 84 others, seen
whole, no calipers were missed; one image is known whose thin ones are. Of 450 simulated images none was
taken for marked. JPEG at quality 75 costs no calipers and a tenth of the letters; where BUSI was enlarged by
half, half of the calipers and most letters were lost. So the note can be believed, its absence cannot.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

# By how many grey levels a cross stands out. In BUSI drawn ones have 39 to 178, all else at most 18.
_CROSS_CONTRAST = 28
_ARMS = range(4, 11)  # length of a cross's arm, pixels: calipers are as large on every screen
_BEYOND = 5  # pixels looked at beyond the end of an arm
_MARGIN = 20  # more than an arm and what is looked at beyond it
_MOST_PIXELS = 1_500_000  # larger images are shrunk to this: no visitor waits for seconds
_LETTER_CONTRASTS = (60, 100)
_LETTER_HEIGHTS = (7, 40)
# Between the median and the brightest tenth of a stroke: drawn ones have one value, speckle has none.
_FLAT = 22
_LETTERS = 2  # in a row
_MOST_LETTERS = 400  # so many are noise
# With room for the noise that JPEG leaves around a border.
_BLACK, _WHITE, _MASK_SHARE = 8, 247, 0.97


class Annotations(NamedTuple):
    """What seems to be drawn into an image."""

    calipers: bool
    text: bool


def find(pixels: NDArray[np.uint8]) -> Annotations:
    """Look for upright calipers (+) and for text.

    Slanted calipers, body marks and Doppler colours are not looked for.

    Args:
        pixels: uint8 [H, W, 3] RGB, 0–255, of any size.
    """
    # The largest channel, as yellow or red marks are dark in grey.
    lightest = pixels.max(axis=2)
    share = (_MOST_PIXELS / lightest.size) ** 0.5
    if share < 1:
        lightest = np.asarray(
            cv2.resize(lightest, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8
        )
    return Annotations(cross_contrast(lightest) >= _CROSS_CONTRAST, letters_in_a_row(lightest) >= _LETTERS)


def is_label_mask(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether an image is black and white only, as the segmentation masks of data sets are.

    All 798 masks of BUSI are, pixel for pixel; of its 780 images none is by more than 51 %.

    Args:
        pixels: uint8 [H, W, 3] RGB, 0–255, of any size.
    """
    extreme = (pixels <= _BLACK) | (pixels >= _WHITE)
    return float(extreme.mean()) >= _MASK_SHARE


def cross_contrast(grey: Grey) -> int:
    """Return by how many grey levels the clearest upright cross [H, W] stands out, below 0 where none does.

    It is the darkest pixel of the cross minus the lightest of twelve values: the means of the four squares
    between the arms and of the four places beyond the arms, and the darkest pixel of a longer stretch there,
    where a dotted line may begin but no solid one, however thin.
    """
    padded = np.pad(grey, _MARGIN, mode="edge")
    height, width = grey.shape
    rows, columns = slice(_MARGIN, _MARGIN + height), slice(_MARGIN, _MARGIN + width)

    def mean(side_y: int, side_x: int, down: int, right: int) -> Grey:
        """Of the box that begins so far below and right of each pixel."""
        box = np.asarray(cv2.boxFilter(padded, -1, (side_x, side_y), anchor=(0, 0)), np.uint8)
        return box[_MARGIN + down : _MARGIN + down + height, _MARGIN + right : _MARGIN + right + width]

    def beyond(down: int, right: int) -> Grey:
        """Darkest of the five pixels that begin so far from each pixel, away from it: 255 on a long line."""
        strip = np.ones((_BEYOND if down else 1, _BEYOND if right else 1), np.uint8)
        darkest = np.asarray(cv2.erode(padded, strip), np.uint8)  # about its middle
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
        lightest = reduce(np.maximum, around)
        best = max(best, int(cv2.subtract(darkest, lightest, dtype=cv2.CV_16S).max()))
    return best


def letters_in_a_row(grey: Grey) -> int:
    """Return how many letters the longest row has: flat strokes of one height, side by side, in [H, W]."""
    thin = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, np.ones((11, 11), np.uint8))
    return max(_longest_row(_letters(grey, thin >= contrast)) for contrast in _LETTER_CONTRASTS)


def _letters(grey: Grey, strokes: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return left, top, width and height [N, 4] of what may be letters, from left to right."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    width, height = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]
    low, high = _LETTER_HEIGHTS
    shaped = (height >= low) & (height <= high) & (width >= 2) & (width <= 1.4 * height)  # noqa: PLR2004
    shaped[0] = False  # what is no stroke
    found = []
    for label in np.flatnonzero(shaped)[:_MOST_LETTERS]:
        x, y, w, h = boxes[label, :4]
        values = grey[y : y + h, x : x + w][labels[y : y + h, x : x + w] == label]
        if np.subtract(*np.percentile(values, [90, 50])) <= _FLAT:
            found.append(boxes[label, :4])
    return np.array(sorted(map(tuple, found)), np.int32).reshape(-1, 4)


def _longest_row(letters: NDArray[np.int32]) -> int:
    longest = 0
    for index, (left, top, width, height) in enumerate(letters.tolist()):
        count, right = 1, left + width
        for x, y, w, h in letters[index + 1 :].tolist():
            on_line = abs(y - top) <= 1 and abs(y + h - top - height) <= 1
            if on_line and -1 <= x - right <= 1.1 * height:
                count, right = count + 1, x + w
        longest = max(longest, count)
    return longest
