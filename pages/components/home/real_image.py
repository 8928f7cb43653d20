"""A real image for a model that brings none: where there is one, an image that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.bundle import training_overlap
from core.data.duplicates.fingerprint import content_fingerprint
from core.data.shared_frames import locate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.training_overlap import Seen
    from core.serving.examples import Examples

_TRIED = 12  # images that are decoded and compared: half a second


class RealImage(NamedTuple):
    """An image with a known class.

    Attributes:
        pixels: uint8 [H, W, 3].
        true_class: label, spelled as the model spells it.
        seen: training image that it equals or is a near-duplicate of; None where none was found.
    """

    pixels: NDArray[np.uint8]
    true_class: str
    seen: Seen | None


def choose(bundle: Bundle, found: Examples) -> RealImage | None:
    """Return an image of the positive class that the model has not seen, as far as there is one.

    Args:
        bundle: the model's bundle.
        found: images with classes of the model.

    Returns:
        The image; None where no file can be read any more.

    Raises:
        BundleError: the table of the training images cannot be read.
    """
    positive = bundle.manifest.positive_class
    known = set(training_overlap.seen_images(bundle, bundle.manifest.name)["sha256"])
    ordered = sorted(found.images, key=lambda one: (one.sha256 in known, one.true_class != positive))
    read = [(one, pixels) for one in ordered[:_TRIED] if (pixels := one.read()) is not None]
    frames = bundle.manifest.shared_frames
    compared = pd.DataFrame(
        {
            "sha256": [one.sha256 for one, _ in read],
            "fingerprint": [content_fingerprint(locate(pixels, frames).content) for _, pixels in read],
        }
    )
    seen = training_overlap.seen_in_training(bundle, compared)
    images = [RealImage(pixels, one.true_class, by) for (one, pixels), by in zip(read, seen, strict=True)]
    return next((one for one in images if one.seen is None), images[0] if images else None)
