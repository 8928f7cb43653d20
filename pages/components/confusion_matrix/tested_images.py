"""Test images of a model as its network saw them, with their saliency."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle.manifest import TEST_SET
from core.errors import UserError
from core.images.encode import as_png
from core.images.preprocessing import fit
from core.inference.overlay import overlay
from core.serving.data_folder import read
from pages.components.shared import data_folder, open_models
from pages.components.shared.open_models import BY_KEY, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

_OPACITY = 0.6
_SIDE = 240


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
        return _fitted(self.model, str(self.files[sha256]), sha256)

    def saliency(self, sha256: str) -> NDArray[np.float32] | None:
        """Return the saliency of every class, float32 [C, h, w], computed once for each image.

        None where there is no image, or where the prediction is another network's: in the table of all
        folds only the bundle's own test set was predicted by the bundle's own network.

        Raises:
            BundleError: the network cannot be loaded.
        """
        image = self.image(sha256)
        return None if image is None or sha256 not in self.own else _saliency(self.model, image)

    def png(self, sha256: str, class_name: str | None) -> bytes | None:
        """Return an image as a small PNG file, with the saliency of a class where there is one.

        Raises:
            BundleError: the network cannot be loaded.
        """
        image = self.image(sha256)
        saliency = None if class_name is None else self.saliency(sha256)
        if image is None or saliency is None or class_name is None:
            return None if image is None else _png(image, None)
        index = self.model.bundle.manifest.class_names.index(class_name)
        # Relative to the strongest cell of all classes, so that they can be compared.
        return _png(image, saliency[index] / (float(saliency.max()) or 1))


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


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_KEY)
def _fitted(model: Model, path: str, sha256: str) -> NDArray[np.uint8] | None:
    pixels = read(Path(path), sha256)
    return None if pixels is None else fit(pixels, model.bundle.manifest.recipe.preprocessing)


@st.cache_data(max_entries=4096, show_spinner="Computing saliency …", hash_funcs=BY_KEY)
def _saliency(model: Model, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    # Already preprocessed: cropping or padding it twice would change it.
    return open_models.classifier(model).classify_fitted([image])[0].saliency


@st.cache_data(max_entries=1024, show_spinner=False)
def _png(image: NDArray[np.uint8], share: NDArray[np.float32] | None) -> bytes:
    if share is not None:
        image = overlay(image, share, strongest=1, opacity=_OPACITY, side=_SIDE)
    return as_png(image)
