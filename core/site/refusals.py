"""What is refused before anything is written: a damaged, too large, or forbidden bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.folder import Bundle, open_bundle
from core.bundle.manifest import (
    EARLIER_EMBEDDINGS,
    EMBEDDINGS,
    HISTORY,
    MODEL,
    SPLIT,
    STATISTICS,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
)
from core.errors import UserError
from core.files import size_in_words
from core.inference.classifier import Classifier
from core.site.licence import forbidden_by, without_permission

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 60 * 10**6
"""Of the network and the numbers of its training images, which a visitor loads before a first prediction:
phones hold no more beside what it takes to run the network."""

_LOADED = (MODEL, EMBEDDINGS, EARLIER_EMBEDDINGS, STATISTICS)


def check(folder: Path) -> Bundle:
    """Return a bundle that may be published as a page: verified, small enough, and not forbidden.

    All that a page shows is read, and the network is tried on an image: a bundle comes from anybody.

    Raises:
        BundleError: it is not a bundle, or a file of it is damaged or does not fit the others.
        UserError: it is too large, or the licence of its images forbids it.
    """
    bundle = open_bundle(folder)
    _check_licence(bundle)
    _check_size(bundle)
    for name in (HISTORY, VALIDATION, TEST_SET, SPLIT):
        bundle.table(name)
    if why_no_images(bundle) is None:
        images = bundle.test_images()
        for sha256 in images:
            images[sha256]  # decoded, which finds what is damaged
    Classifier(bundle)
    return bundle


def why_no_images(bundle: Bundle) -> str | None:
    """Return why a page may not show the bundle's test images, as a sentence; None where it may."""
    source = without_permission(bundle.manifest.data)
    if source is not None:
        licence = f"its licence is {source.licence!r}" if source.licence else "it names no licence"
        return (
            f"The page shows no test images: {source.name} does not say that they may be copied; {licence}."
        )
    return None if bundle.has(TEST_IMAGES) else "The page shows no test images: the bundle has none."


def _check_licence(bundle: Bundle) -> None:
    source = forbidden_by(bundle.manifest.data)
    if source is not None:
        raise UserError(
            f"{bundle.folder.name} may not be published: the licence of {source.name}, {source.licence!r}, "
            "forbids it, and a page gives the network to every visitor; run the app for those who may use it."
        )


def _check_size(bundle: Bundle) -> None:
    files = bundle.manifest.files
    size = sum(files[name].size for name in _LOADED if name in files)
    if size > MAX_BYTES:
        raise UserError(
            f"{bundle.folder.name} is too large for phones: the network and the numbers of its training "
            f"images have {size_in_words(size)}, where {size_in_words(MAX_BYTES)} are allowed; train a "
            "smaller network, or deploy the app instead."
        )
