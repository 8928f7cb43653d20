"""The share of an image that its segmentation masks cover, and the sizes that it falls into."""

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

SIZES = {
    "lesion under 5 % of the image": 0.05,
    "lesion 5 to 10 % of the image": 0.1,
    "lesion 10 % of the image or more": np.inf,
}
"""Name of a size → the share that it stays below.

The bounds are fixed, so that two hospitals are compared on lesions of the same size. They are near the
terciles of BUS-BRA (4.1 and 9.7 %) and of the lesions of BUSI (3.2 and 10.4 %).
"""


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


def size_of(area: float) -> str:
    """Return the name of a lesion's size; empty where the area is not known, or the mask is blank."""
    return next((name for name, bound in SIZES.items() if 0 < area < bound), "")
