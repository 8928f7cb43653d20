"""Test images of a model as its network saw them, with their saliency."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle.manifest import TEST_SET
from core.errors import UserError
from pages.components.shared import data_folder, open_models
from pages.components.shared.open_models import BY_KEY, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class ImageSource(NamedTuple):
    """Sources of test images, by the SHA-256 of the original pixels.

    Attributes:
        model: the model that was tested on them.
        stored: images in its bundle, uint8 [S, S, 3].
        files: images under ``DATA_DIR``.
        own: images that the bundle's own network was tested on.
        problem: why that folder cannot be used, or ''.
    """

    model: Model
    stored: Mapping[str, NDArray[np.uint8]]
    files: dict[str, Path]
    own: frozenset[str]
    problem: str

    def has(self, sha256: str) -> bool:
        """Return whether an image was found."""
        return sha256 in self.stored or sha256 in self.files

    def image(self, sha256: str) -> NDArray[np.uint8] | None:
        """Return an image as the network saw it, uint8 [S, S, 3]; None if not found or changed."""
        if sha256 in self.stored:
            return self.stored[sha256]
        if sha256 not in self.files:
            return None
        return data_folder.fitted(self.model, str(self.files[sha256]), sha256)

    def computed(self, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the saliency maps [C, h, w] of those images for which they were computed before."""
        known = _saliency_maps(self.model)
        return {sha256: known[sha256] for sha256 in hashes if sha256 in known}

    def missing(self, hashes: Sequence[str]) -> list[str]:
        """Return the images whose saliency maps can be computed and were not yet.

        In the table of all folds only the bundle's own test set was predicted by the bundle's own network.
        """
        known = _saliency_maps(self.model)
        return [one for one in hashes if one in self.own and one not in known and self.image(one) is not None]

    def compute(self, hashes: Sequence[str]) -> None:
        """Compute the saliency maps that are missing.

        Raises:
            BundleError: the network cannot be loaded.
        """
        missing = self.missing(hashes)
        images = [image for one in missing if (image := self.image(one)) is not None]
        if images:
            # Already preprocessed: cropping or padding them twice would change them.
            predictions = open_models.classifier(self.model).classify_fitted(images)
            maps = (prediction.saliency for prediction in predictions)
            _saliency_maps(self.model).update(zip(missing, maps, strict=True))


def find(model: Model, wanted: Iterable[str]) -> ImageSource:
    """Find images; the data folder is read only if the bundle leaves out one that is wanted.

    Raises:
        BundleError: a table of the bundle cannot be read.
    """
    stored, folder = open_models.test_images(model), data_folder.setting()
    own = frozenset(open_models.table(model, TEST_SET)["sha256"])
    files: dict[str, Path] = {}
    problem = ""
    if folder is not None and not all(sha256 in stored for sha256 in wanted):
        try:
            files = data_folder.files(folder)
        except UserError as error:
            problem = str(error)
    return ImageSource(model, stored, files, own, problem)


# Those of a test set at most: a few kilobytes an image.
@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_KEY)
def _saliency_maps(model: Model) -> dict[str, NDArray[np.float32]]:  # noqa: ARG001 - the key of the cache
    return {}
