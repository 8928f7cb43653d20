"""Find the segmentation masks among image files, by their names and by what they look like."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# Why a file is no ordinary image or mask; '' where it is one.
MASK_WITHOUT_IMAGE = "mask without image"
BLACK_AND_WHITE = "black and white"
NAMED_LIKE_A_MASK = "named like a mask"
_NONE: Mapping[str, str] = MappingProxyType({})


def find_masks(table: pd.DataFrame, owners: Mapping[str, str] = _NONE) -> pd.DataFrame:
    """Tell the masks among image files, and the image that each belongs to.

    Args:
        table: one row per image file: ``file`` (path with slashes), ``width`` and ``height`` (pixels; NaN
            where the file cannot be read), ``look`` (see ``core.images.content.look``; '' where unknown).
        owners: mask → image, as a table of the data set names them.

    Returns:
        A table with the same index: ``kind`` (``image`` or ``mask``), ``image`` (the image that a mask
        belongs to, else the file itself), ``reason`` (one of the constants above, or ''):
        ``mask without image`` for a mask by name whose image is missing, ``black and white`` for a mask that
        only its look tells, ``named like a mask`` for an image that stays one in spite of its name.
    """
    raise NotImplementedError
