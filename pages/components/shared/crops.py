"""The crops of the visitor's images, at most one of each, kept in the session alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.images import crop
from core.images.frame import Box
from core.images.limits import ImageError
from pages.components.shared import session

if TYPE_CHECKING:
    from pages.components.shared.input_image import InputImage


def shown() -> list[InputImage]:
    """Return the visitor's images in the order of their arrival, as they are cropped."""
    return [of(image) for image in session.IMAGES.get()]


def of(image: InputImage) -> InputImage:
    """Return the crop of an image, or the whole image where there is none.

    All frames of a clip have one crop; a frame in which it shows nothing stays whole.
    """
    known = session.CROPS.get().get(image.source)
    if known is None or known.crop is None:
        return image.whole
    if known.whole.sha256 == image.whole.sha256:
        return known
    try:
        session.CROPS.get()[image.source] = image.cropped(known.crop)
    except ImageError:
        return image.whole
    return session.CROPS.get()[image.source]


def change(image: InputImage, box: Box, *, typed: bool = False) -> None:
    """Crop an image to a rectangle, made to fit; to all of the image is to none.

    Where the rectangle holds no ultrasound image, the crop stays as it is, and the session says why.

    Args:
        image: the image or its crop.
        box: rectangle of the whole image, of any place and size.
        typed: whether it comes from the numbers, which keep the focus then.
    """
    session.CROPS_MADE.set(session.CROPS_MADE.get() + (not typed))
    height, width = image.whole.pixels.shape[:2]
    fitted = crop.clamp(box, width, height)
    before = of(image)
    session.CROP_PROBLEMS.get().pop(image.source, None)
    if fitted == Box.whole(image.whole.pixels):
        session.CROPS.get().pop(image.source, None)
    else:
        try:
            session.CROPS.get()[image.source] = image.cropped(fitted)
        except ImageError as error:
            session.CROP_PROBLEMS.get()[image.source] = f"{image.name} {error} Choose another rectangle."
            return
    # Of a rectangle that is moved, every place would keep its maps.
    if before.crop and of(image).sha256 != before.sha256:
        session.forget(before.sha256)
        session.forget(before.source_as_shown)


def undo(image: InputImage) -> None:
    """Show the whole image again."""
    change(image, Box.whole(image.whole.pixels))


def describe(box: Box) -> str:
    """Write the rectangle of a crop in a sentence."""
    left, top, width, height = crop.to_corner(box)
    return f"Cropped to {width} × {height} pixels, {left} from the left and {top} from the top."
