"""The rectangle of a crop over its image, moved and resized by pointer, touch and keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.images import crop
from core.images.frame import Box
from pages.components.classify import thumbnails
from pages.components.shared import component, crops, session
from pages.components.shared.keys import Key, numbered

if TYPE_CHECKING:
    from pages.components.shared.input_image import InputImage


def draw(image: InputImage, said: str, *, refused: bool) -> None:
    """Draw the whole image with the rectangle of its crop.

    Args:
        image: the image, as it is cropped.
        said: what a change led to, for screen readers.
        refused: whether the last rectangle was not taken, so that the one before comes back.
    """
    height, width = image.whole.pixels.shape[:2]
    key = numbered(Key.CROP_RECTANGLE, image.whole.sha256)

    def drawn() -> None:
        corner = session.drawn_rectangle(key)
        # The script of the page sends nothing else; whoever does gets no crop.
        if isinstance(corner, list) and [type(value) for value in corner] == [int] * 4:
            crops.change(image, crop.from_corner(*corner))

    component.load(Path(__file__))(
        key=key,
        data={
            "source": thumbnails.large(image.whole),
            "alt": f"{image.name}, the whole image",
            "size": [width, height],
            "smallest": crop.smallest(width, height),
            "box": crop.to_corner(image.crop or Box.whole(image.whole.pixels)),
            "said": said,
            "refused": refused,
        },
        on_drawn_change=drawn,
    )
