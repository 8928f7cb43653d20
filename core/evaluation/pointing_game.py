"""The pointing game (Zhang et al. 2018, IJCV 126): does the saliency peak inside the lesion?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from core.evaluation.intervals import effective_size, proportion
from core.evaluation.results import Interval, Share
from core.images.lesion_mask import is_lesion
from core.images.preprocessing import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from core.images.preprocessing import Preprocessing


class Pointing(NamedTuple):
    """Result of one image: whether the peak hits the lesion, and the share of cells that would."""

    hit: bool
    random_hits: float


class PointingAccuracy(Interval):
    """Share of images whose saliency peaks inside the lesion, with its 95 % confidence interval."""

    images: int = Field(gt=0, alias="pictures", description="those with a segmentation mask")
    random_hits: Share = Field(alias="chance", description="the same share for a cell chosen at random")


def point(
    saliency: NDArray[np.floating], masks: Sequence[NDArray[np.uint8]], preprocessing: Preprocessing
) -> Pointing | None:
    """Return whether the centre of the most salient cell lies inside the lesion.

    Args:
        saliency: map of the predicted class, [h, w], not negative; zero everywhere is a miss.
        masks: segmentation masks of the image's lesions, uint8 [H, W, 3], light inside, of any colour;
            their union counts.
        preprocessing: how the image was fitted to the network's input.

    Returns:
        None where there is no mask, or all are empty.
    """
    if not masks:
        return None
    lesion = np.any([is_lesion(fit(mask, preprocessing)) for mask in masks], axis=0)
    if not lesion.any():
        return None
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(int)
        for count, side in zip(saliency.shape, lesion.shape, strict=True)
    )
    cells = lesion[np.ix_(rows, columns)]
    return Pointing(bool(saliency.max() > 0 and cells.flat[saliency.argmax()]), float(cells.mean()))


def accuracy(pointings: Sequence[Pointing | None], groups: ArrayLike) -> PointingAccuracy | None:
    """Return the share of hits; None where no image has a lesion mask.

    Args:
        pointings: N results of ``point``.
        groups: group labels [N]; images of one group are not independent.
    """
    played = [(each, group) for each, group in zip(pointings, np.asarray(groups), strict=True) if each]
    if not played:
        return None
    hits = proportion(
        float(np.mean([each.hit for each, _ in played])), effective_size([group for _, group in played])
    )
    return PointingAccuracy(
        **dict(hits),
        images=len(played),
        random_hits=float(np.mean([each.random_hits for each, _ in played])),
    )
