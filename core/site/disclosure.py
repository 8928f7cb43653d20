"""What a page of a bundle that was never pushed discloses about its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.training_overlap import seen_images
from core.escape import visible
from core.site.refusals import why_no_images

if TYPE_CHECKING:
    from core.bundle.folder import Bundle


def disclosure(bundle: Bundle) -> str:
    """Return a sentence on the names and images that a page gives to visitors, and how to hide the names."""
    files = seen_images(bundle, bundle.folder.name).drop_duplicates("sha256")["file"]
    names = f"{len(files):,} file names of training and validation images"
    example = f", such as {visible(files.iloc[0])!r}" if len(files) else ""
    images = "test images" if why_no_images(bundle) is None else "no images"
    return (
        f"The page holds {names}{example}, and {images}; to hide the names, publish the bundle with "
        "push --hide-file-names and export USER/REPO."
    )
