"""Where the pixels of a model's training and test images can be had: its bundle, DATA_DIR or EXAMPLES."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.errors import UserError
from core.serving.data_folder import read
from pages.components.shared import data_folder, examples, open_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.serving.examples import Example
    from pages.components.shared.open_models import Model


class KnownPixels(NamedTuple):
    """Sources of images by the SHA-256 of the original pixels.

    Attributes:
        stored: test images in the bundle, as the network saw them, uint8 [S, S, 3].
        files: image files under ``DATA_DIR``.
        examples: images of the data set that ``EXAMPLES`` names.
        problem: why the folder cannot be used, or ''.
    """

    stored: Mapping[str, NDArray[np.uint8]]
    files: Mapping[str, Path]
    examples: Mapping[str, Example]
    problem: str

    def image(self, sha256: str) -> NDArray[np.uint8] | None:
        """Return an image, uint8 [H, W, 3]; None where it cannot be had, or its file has changed."""
        if sha256 in self.stored:
            return self.stored[sha256]
        if sha256 in self.files:
            return read(self.files[sha256], sha256)
        return self.examples[sha256].read() if sha256 in self.examples else None


def find(model: Model, wanted: Iterable[str], *, wait: bool) -> KnownPixels:
    """Return where images can be had; the data folder is needed if the bundle lacks one of them.

    Args:
        model: model that was trained and tested on the images.
        wanted: SHA-256 of their pixels.
        wait: whether to wait until the folder has been read, with a progress bar; else it is left out.

    Raises:
        BundleError: the test images of the bundle cannot be read.
    """
    stored = open_models.test_images(model)
    if all(sha256 in stored for sha256 in wanted):
        return KnownPixels(stored, {}, {}, "")
    files: Mapping[str, Path] = {}
    folder, problem = data_folder.setting(), ""
    if folder is not None and (wait or data_folder.indexed(folder).future.done()):
        try:
            files = data_folder.files(folder)
        except UserError as error:
            problem = str(error)
    others = None if model.bundle.manifest.data.simulated else examples.fetched()
    by_hash = {} if others is None else {one.sha256: one for one in others.images}
    return KnownPixels(stored, files, by_hash, problem)
