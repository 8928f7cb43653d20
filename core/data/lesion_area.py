"""The share of an image that its segmentation masks cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.data.image_facts import read_image
from core.images.lesion_mask import is_lesion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from core.data.data_set import ImageFolders


def lesion_area(masks: Sequence[NDArray[np.uint8]]) -> float:
    """Return the share of the image that its masks cover together, 0-1; NaN without a mask.

    Args:
        masks: segmentation masks of the whole image, uint8 [H, W, 3], light inside, of any colour and size.
    """
    if not masks:
        return float("nan")
    height, width = max((mask.shape[:2] for mask in masks), key=lambda shape: shape[0] * shape[1])
    lesion = np.zeros((height, width), bool)
    for mask in masks:
        of_mask = Image.fromarray(is_lesion(mask))
        lesion |= np.asarray(of_mask.resize((width, height), Image.Resampling.NEAREST))
    return float(lesion.mean())


def lesion_areas(
    files: Sequence[str], masks: Mapping[str, Sequence[str]], folders: ImageFolders
) -> NDArray[np.float64]:
    """Return the lesion area of N images, float64 [N]; NaN for an image without a mask.

    Args:
        files: N file names of images.
        masks: file name of an image → file names of its masks.
        folders: folders of the data.
    """
    return np.array(
        [lesion_area([read_image(folders.path(mask)) for mask in masks.get(file, ())]) for file in files]
    )
