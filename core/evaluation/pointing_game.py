"""The pointing game (Zhang et al. 2018, IJCV 126): does the saliency peak inside the lesion?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import Interval, effective_size, wilson
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from core.images.preprocessing import Preprocessing

_HALF = 127


class Throw(NamedTuple):
    """One image's result: whether the peak was inside, and the share of cells that would have been."""

    inside: bool
    chance: float


class Score(NamedTuple):
    """The result of all images that have a lesion mask.

    Attributes:
        images: their number.
        inside: share of images whose peak lies in the lesion, with its 95 % interval.
        chance: the same share for a cell drawn at random, averaged over the images.
    """

    images: int
    inside: Interval
    chance: float


def throw(
    saliency: NDArray[np.floating], masks: Sequence[NDArray[np.uint8]], preprocessing: Preprocessing
) -> Throw | None:
    """Look where the centre of the strongest cell lies.

    Args:
        saliency: of the predicted class, [h, w], not negative. Where it is zero everywhere, nothing is hit.
        masks: of the image's lesions, uint8 [H, W, 3], light inside; all are counted as one.
        preprocessing: as the image's.

    Returns:
        None where the masks are empty.
    """
    if not masks:
        return None
    lesion = np.any([fit(mask, preprocessing)[..., 0] > _HALF for mask in masks], axis=0)
    if not lesion.any():
        return None
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(int)
        for count, side in zip(saliency.shape, lesion.shape, strict=True)
    )
    cells = lesion[np.ix_(rows, columns)]
    return Throw(bool(saliency.max() > 0 and cells.flat[saliency.argmax()]), float(cells.mean()))


def score(throws: Sequence[Throw | None], groups: ArrayLike) -> Score | None:
    """Put the throws of N images together, or return None where none has a lesion mask.

    Args:
        throws: from ``throw``.
        groups: labels [N] of images that are not independent.
    """
    thrown = [(result, group) for result, group in zip(throws, np.asarray(groups), strict=True) if result]
    if not thrown:
        return None
    inside = float(np.mean([result.inside for result, _ in thrown]))
    size = effective_size([group for _, group in thrown])
    chance = float(np.mean([result.chance for result, _ in thrown]))
    return Score(len(thrown), wilson(inside, size), chance)
