"""Overlap of new images with what a model's weights were trained on, near-duplicates included."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from core.bundle.manifest import ANCESTORS, SPLIT
from core.bundle.tables import COLUMNS
from core.data import splits

if TYPE_CHECKING:
    from core.bundle.folder import Bundle

Match = Literal["the same pixels", "near-duplicate", "mirror image"]
SAME_PIXELS: Match = "the same pixels"
NEAR_DUPLICATE: Match = "near-duplicate"
MIRROR_IMAGE: Match = "mirror image"


class Seen(NamedTuple):
    """A training or validation image that matches a new image.

    Attributes:
        file: name of the training or validation image.
        by: what makes the new image match it: the same pixels, or the new image is a near-duplicate of it,
            or of its mirror image.
    """

    file: str
    by: Match


class _Searched(NamedTuple):
    """Seen images as they are searched: files by hash, and files and fingerprints of those that have one."""

    by_hash: dict[str, str]
    files: tuple[str, ...]
    fingerprints: tuple[str, ...]

    @classmethod
    def of(cls, seen: pd.DataFrame) -> _Searched:
        first = seen.drop_duplicates("sha256")
        known = first[first["fingerprint"] != ""]
        by_hash = dict(zip(first["sha256"], first["file"], strict=True))
        return cls(by_hash, tuple(known["file"]), tuple(known["fingerprint"]))

    def find(self, images: pd.DataFrame) -> list[Seen | None]:
        """Return what each image matches; see ``find_seen``."""
        # Masks have no fingerprint: all of them resemble each other.
        searched = images.loc[images["fingerprint"] != "", "fingerprint"]
        # Here, since it imports faiss and SciPy, which reading a bundle does without.
        from core.data.duplicates.search import find_near_duplicates  # noqa: PLC0415

        near = find_near_duplicates(list(searched), self.fingerprints)
        similar = {
            image: Seen(self.files[row], MIRROR_IMAGE if mirrored else NEAR_DUPLICATE)
            for image, row, mirrored in zip(searched.index, near.reference, near.mirrored, strict=True)
            if row >= 0
        }
        return [
            Seen(self.by_hash[sha256], SAME_PIXELS) if sha256 in self.by_hash else similar.get(image)
            for image, sha256 in images["sha256"].items()
        ]


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


def find_seen(seen: pd.DataFrame, images: pd.DataFrame) -> list[Seen | None]:
    """Return the seen image that each image equals, or is a near-duplicate or mirror image of.

    Args:
        seen: table from ``seen_images``.
        images: table of N images with ``sha256`` and ``fingerprint``, and an index of its own for each.

    Returns:
        N seen images; None where an image was not seen.
    """
    return _Searched.of(seen).find(images)


@lru_cache(maxsize=4)
def _searched(bundle: Bundle) -> _Searched:
    """Keep the seen images of the models in use, which every upload is looked for in."""
    return _Searched.of(seen_images(bundle, bundle.manifest.name))


def seen_in_training(bundle: Bundle, images: pd.DataFrame) -> list[Seen | None]:
    """Return for each of N images the one that the weights of a bundle have seen; see ``find_seen``."""
    return _searched(bundle).find(images)
