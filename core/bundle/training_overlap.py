"""Overlap of new images with a model's training and validation images, near-duplicates included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.manifest import SPLIT
from core.data import near_duplicates, splits

if TYPE_CHECKING:
    import pandas as pd

    from core.bundle.folder import Bundle


def seen_in_training(bundle: Bundle, images: pd.DataFrame) -> list[str]:
    """Return the training or validation image that each image equals or is a near-duplicate of.

    Args:
        bundle: bundle whose split table has hashes and fingerprints.
        images: table of N images with ``sha256`` and ``fingerprint``.

    Returns:
        N file names from the bundle's split table, empty where the model has not seen the image.
    """
    split = bundle.table(SPLIT)
    known = split[split["part"].isin(splits.SEEN_SETS)]
    by_hash = dict(zip(known["sha256"], known["file"], strict=True))
    known_images = known[known["fingerprint"] != ""].reset_index(drop=True)
    near = near_duplicates.find_near_duplicates(
        list(images["fingerprint"]), list(known_images["fingerprint"])
    )
    return [
        by_hash.get(sha256) or (known_images["file"][row] if row >= 0 else "")
        for sha256, row in zip(images["sha256"], near, strict=True)
    ]
