"""Where the Classify page draws the visitor's images and the prediction for the selected one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.shared.input_image import InputImage


class Place(NamedTuple):
    """The selected image, and the places around it.

    Attributes:
        image: the selected image.
        strip: container of the thumbnails.
        large: container of the image.
        prediction: container of the prediction, beside the image.
    """

    image: InputImage
    strip: DeltaGenerator
    large: DeltaGenerator
    prediction: DeltaGenerator
