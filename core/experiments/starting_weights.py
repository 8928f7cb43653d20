"""The starting weights of a training, and what they were trained on before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core.bundle.manifest import NO_ANCESTORS, WEIGHTS, Ancestry
from core.bundle.training_overlap import find_seen, seen_images
from core.errors import UserError
from core.files import expand_user
from core.hub.pull import pull
from core.recipe import WEIGHTS_BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.bundle.folder import Bundle
    from core.data.shared_frames import SharedFrame


@dataclass(frozen=True)
class Weights:
    """Starting weights of every network.

    Attributes:
        base: ``imagenet``, ``none`` or a Keras file; ``none`` where a bundle is given.
        bundle: verified bundle to start from, or None.
        name: name to publish.
    """

    base: str
    bundle: Bundle | None
    name: str

    @cached_property
    def seen(self) -> pd.DataFrame | None:
        """The images that the weights have seen, as ``seen_images`` returns them; None without a bundle."""
        return None if self.bundle is None else seen_images(self.bundle, self.name)

    @property
    def shared_frames(self) -> tuple[SharedFrame, ...]:
        """The frames that do not count in the fingerprints of the images that the weights have seen."""
        return () if self.bundle is None else self.bundle.manifest.shared_frames

    def ancestry(self) -> Ancestry:
        """Return what the weights were trained on before; of a Keras file it is not known."""
        if self.bundle is None or self.seen is None:
            return (
                NO_ANCESTORS
                if self.base in WEIGHTS_BY_NAME
                else Ancestry(models=(), images=0, unknown=(self.name,))
            )
        before = self.bundle.manifest.ancestry
        return Ancestry(models=(self.name, *before.models), images=len(self.seen), unknown=before.unknown)

    def digest(self) -> str:
        """Return what identifies the weights' content: a SHA-256, or their name."""
        if self.bundle is not None:
            return self.bundle.manifest.files[WEIGHTS].sha256
        if self.base in WEIGHTS_BY_NAME:
            return self.base
        with Path(self.base).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def check_unseen(self, index: pd.DataFrame, splits: Iterable[pd.DataFrame]) -> None:
        """Refuse weights that have seen images on which a clean split measures something.

        Test images must be new to the weights. Validation images must not be among those that the weights
        were trained on; they may have been validation images before.

        Args:
            index: index table, N rows, for which ``shared_frames`` were recognised.
            splits: split tables of the index, of all its rows or some.

        Raises:
            UserError: a test or validation image, or a near-duplicate of one, was seen.
        """
        if (seen := self.seen) is None:
            return
        known = {
            name: pd.Series([image is not None for image in find_seen(of_name, index)], index.index)
            for name, of_name in (("test", seen), ("validation", seen[seen["set"] == "train"]))
        }
        for split in splits:
            for name, is_known in known.items():
                rows = split["set"] == name
                if count := int((rows & is_known[split.index]).sum()):
                    raise UserError(
                        f"{self.name} was trained on {count} of the {int(rows.sum())} {name} images or on "
                        f"their near-duplicates, itself or through its own starting weights: {name} images "
                        "would leak into training; use images that are new to it, or its own --seed and data."
                    )


NO_WEIGHTS = Weights("none", None, "none")


def find_weights(weights: str) -> Weights:
    """Return the starting weights that the user names.

    Args:
        weights: ``imagenet``, ``none``, a Keras file, or a bundle as ``core.hub.pull.pull`` names it.

    Raises:
        UserError: there is no such file or bundle, or the bundle has no Keras weights.
    """
    path = expand_user(weights)
    if weights in WEIGHTS_BY_NAME:
        return Weights(weights, None, weights)
    if path.is_file():
        # Published; the folder of the file is private.
        return Weights(str(path), None, path.name)
    if path.suffix == ".h5":
        raise UserError(
            f"the weights file {weights} does not exist; check its path, or give imagenet or none."
        )
    pulled = pull(weights, with_weights=True)
    if not (pulled.folder / WEIGHTS).is_file():
        raise UserError(f"{weights} was published without {WEIGHTS}, so it cannot be trained further.")
    repository = pulled.name.repository
    name = pulled.folder.name if repository is None else f"{repository.name}@{pulled.commit}"
    return Weights("none", pulled.bundle, name)
