"""Test images of a bundle as files of its page, with the saliency of their predicted classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.images.encode import as_png
from core.inference.classifier import Classifier
from core.inference.overlay import tint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.site.files import Files

_OPACITY = 0.6
_TINT_SIDE = 240  # pixels
_AT_ONCE = 64


class Wanted(NamedTuple):
    """A test image that the page shows.

    Attributes:
        number: number of the image, which its address has: the name of its file may name a patient.
        sha256: hash of its pixels, by which the bundle has it.
        predicted: indices of the classes that it is predicted as, by one rule or another.
    """

    number: int
    sha256: str
    predicted: tuple[int, ...]


def address(number: int) -> str:
    """Return the address of an image."""
    return f"images/{number}.png"


def saliency_address(number: int, predicted: int) -> str:
    """Return the address of the saliency of a class, which lies over its image."""
    return f"images/{number}-{predicted}.png"


def files(bundle: Bundle, wanted: Sequence[Wanted]) -> Files:
    """Return the images as their network saw them, written anew: what else is in a file does not come along.

    Raises:
        BundleError: an image cannot be read, or the network cannot be loaded.
    """
    if not wanted:
        return {}
    stored, classifier = bundle.test_images(), Classifier(bundle)
    found: Files = {}
    for start in range(0, len(wanted), _AT_ONCE):
        _add(found, wanted[start : start + _AT_ONCE], stored, classifier)
    return found


def _add(
    found: Files,
    wanted: Sequence[Wanted],
    stored: Mapping[str, NDArray[np.uint8]],
    classifier: Classifier,
) -> None:
    images = [stored[one.sha256] for one in wanted]
    for one, image, prediction in zip(wanted, images, classifier.classify_fitted(images), strict=True):
        found[address(one.number)] = as_png(image)
        for index in one.predicted:
            over = tint(prediction.saliency, index, opacity=_OPACITY, side=_TINT_SIDE)
            found[saliency_address(one.number, index)] = as_png(over)
