"""Overlap of new images with what a model's weights were trained on, near-duplicates included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.bundle.manifest import ANCESTORS, SPLIT
from core.bundle.tables import COLUMNS
from core.data import splits
from core.data.duplicates.search import find_near_duplicates

if TYPE_CHECKING:
    from core.bundle.folder import Bundle


def seen_images(bundle: Bundle, model: str) -> pd.DataFrame:
    """Return the images that the weights of a bundle have seen, in its training and in all earlier ones.

    Seen are training and validation images; of weights whose past is not known there are none.

    Args:
        bundle: bundle whose tables have hashes and fingerprints.
        model: name of the bundle in the column ``model``.

    Returns:
        One row per image with the columns of ``ancestor_images.csv``, those of the last training first.
    """
    split = bundle.table(SPLIT)
    own = split[split["set"].isin(splits.SEEN_SETS)].assign(model=model)[list(COLUMNS[ANCESTORS])]
    tables = [own, bundle.table(ANCESTORS)] if bundle.has(ANCESTORS) else [own]
    return pd.concat(tables, ignore_index=True)


def find_seen(seen: pd.DataFrame, images: pd.DataFrame) -> list[str]:
    """Return the seen image that each image equals or is a near-duplicate of.

    Args:
        seen: table from ``seen_images``.
        images: table of N images with ``sha256`` and ``fingerprint``, and an index of its own for each.

    Returns:
        N file names from ``seen``, empty where the image was not seen.
    """
    first = seen.drop_duplicates("sha256")
    by_hash = dict(zip(first["sha256"], first["file"], strict=True))
    known = first[first["fingerprint"] != ""].reset_index(drop=True)
    # Masks have no fingerprint: all of them resemble each other.
    searched = images.loc[images["fingerprint"] != "", "fingerprint"]
    near = find_near_duplicates(list(searched), list(known["fingerprint"])).reference
    row_of = dict(zip(searched.index, near, strict=True))
    return [
        by_hash.get(sha256) or (known["file"][row] if (row := row_of.get(image, -1)) >= 0 else "")
        for image, sha256 in images["sha256"].items()
    ]


def seen_in_training(bundle: Bundle, images: pd.DataFrame) -> list[str]:
    """Return for each of N images the one that the weights of a bundle have seen; see ``find_seen``."""
    return find_seen(seen_images(bundle, bundle.manifest.name), images)
