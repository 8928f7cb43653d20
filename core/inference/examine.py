"""What is known of an image without the network: its crop, its frame, and what recognises it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.bundle.training_overlap import seen_in_training
from core.data import left_out
from core.data.duplicates.fingerprint import content_fingerprint
from core.data.image_facts import pixel_hash
from core.data.shared_frames import locate
from core.images import crop
from core.images.content import look
from core.images.frame import Box
from core.images.limits import ImageError
from core.inference.frame_warning import frame_warning, proposed_crop

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.training_overlap import Seen
    from core.data.shared_frames import SharedFrame


class Examined(NamedTuple):
    """An image as it is, or a crop of it.

    Attributes:
        sha256: SHA-256 of the pixels.
        fingerprint: fingerprint of the ultrasound image in it, by which near-duplicates are found.
        warning: sentences on a frame around the ultrasound image, or ''.
        proposal: rectangle to crop it to where there is a warning, or None.
    """

    sha256: str
    fingerprint: str
    warning: str
    proposal: Box | None


class View(NamedTuple):
    """What the network sees of an image.

    Attributes:
        pixels: uint8 [H, W, 3] RGB.
        box: rectangle that the image was cropped to, or None.
        examined: what is known of these pixels.
        whole: what is known of the whole image: the same where it was not cropped.
    """

    pixels: NDArray[np.uint8]
    box: Box | None
    examined: Examined
    whole: Examined


def examine(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame]) -> Examined:
    """Examine an image, uint8 [H, W, 3] RGB.

    Args:
        pixels: the image, or a crop.
        frames: frames that the model's training images share.
    """
    located = locate(pixels, frames)
    return Examined(
        pixel_hash(pixels),
        content_fingerprint(located.content),
        frame_warning(located),
        proposed_crop(located),
    )


def cropped(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the crop of an image, uint8 [H, W, 3] RGB, as a view.

    Raises:
        ImageError: the rectangle does not lie within the image, or its crop can be no ultrasound image; the
            message lacks its subject, the name of the image.
    """
    crop.check_fits(box, pixels.shape[1], pixels.shape[0])
    inside = box.crop(pixels)
    if looks := look(inside):
        raise ImageError(f"cropped to {crop.write(box)} {left_out.REFUSED[looks]}", "crop without an image")
    return inside


def view(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame], choice: crop.Choice) -> View:
    """Crop an image as chosen, and examine it.

    Args:
        pixels: uint8 [H, W, 3] RGB.
        frames: frames that the model's training images share.
        choice: the crop; ``crop.AUTO`` is that to the ultrasound image where a frame is found around it and
            something is left. One to all of the image is none.

    Raises:
        ImageError: the chosen rectangle cannot be used; see ``cropped``.
    """
    whole = examine(pixels, frames)
    box = choice if isinstance(choice, Box) else whole.proposal if choice == crop.AUTO else None
    if box is None or box == Box.whole(pixels):
        return View(pixels, None, whole, whole)
    try:
        inside = cropped(pixels, box)
    except ImageError:
        if choice != crop.AUTO:
            raise
        return View(pixels, None, whole, whole)
    return View(inside, box, examine(inside, frames), whole)


def seen(bundle: Bundle, images: Sequence[Examined]) -> list[Seen | None]:
    """Return for each image the image of the bundle's training that it matches."""
    hashes = pd.DataFrame(
        [(one.sha256, one.fingerprint) for one in images], columns=["sha256", "fingerprint"]
    )
    return seen_in_training(bundle, hashes)


def seen_views(bundle: Bundle, views: Sequence[View]) -> list[Seen | None]:
    """Return for each view the image of the bundle's training that it matches, or that the whole image does.

    A crop to a part of an image that the network has seen has been seen too, though it may not be recognised.
    """
    images = [examined for one in views for examined in dict.fromkeys((one.examined, one.whole))]
    if not images:
        return []
    found = dict(zip(images, seen(bundle, images), strict=True))
    return [found[one.examined] or found[one.whole] for one in views]
