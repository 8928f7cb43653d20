"""What a segmentation mask says of each pixel: lesion or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HALF = 127


def is_lesion(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether each pixel is in the lesion: its brightest channel is over half, so any colour counts.

    Args:
        mask: segmentation mask, uint8 [H, W, 3], light inside the lesion.

    Returns:
        bool [H, W].
    """
    lesion: NDArray[np.bool_] = mask.max(axis=-1) > _HALF
    return lesion
