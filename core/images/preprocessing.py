"""Preprocessing: an image of any size becomes the square input of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageOps
from pydantic import Field

from core.schema import Strict

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Preprocessing(Strict):
    """Settings that turn an image of any size into the uint8 RGB square that the network sees."""

    image_size: int = Field(150, ge=32, le=1024, description="side of the square, pixels")
    fit: Literal["squash", "letterbox"] = Field(
        "squash", description="squash: ignore the aspect ratio; letterbox: keep it and pad with black"
    )
    border_crop: float = Field(
        0, ge=0, lt=0.5, description="share of the image cropped from each side before resizing"
    )
    interpolation: Literal["nearest", "bilinear"] = "nearest"


_RESAMPLING = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}


def fit(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Crop and resize an image to the input size.

    With ``nearest`` and ``squash`` the result equals that of Keras's ``flow_from_directory``.

    Args:
        pixels: uint8 [H, W, 3], RGB.
        preprocessing: input size and method.

    Returns:
        uint8 [S, S, 3].
    """
    height, width = pixels.shape[:2]
    size = preprocessing.image_size
    top, left = round(height * preprocessing.border_crop), round(width * preprocessing.border_crop)
    image = Image.fromarray(pixels[top : height - top, left : width - left])
    resampling = _RESAMPLING[preprocessing.interpolation]
    if preprocessing.fit == "letterbox":
        return np.asarray(ImageOps.pad(image, (size, size), resampling, color="black"))
    return np.asarray(image.resize((size, size), resampling))
