import io

import numpy as np
import pytest
from image_files import NOISE
from PIL import Image

from core.images.decode import decode
from core.images.encode import as_png, thumbnail


@pytest.mark.parametrize("grey", [True, False])
def test_a_png_for_the_browser_holds_every_pixel(grey) -> None:
    image = np.repeat(NOISE[..., :1], 3, axis=2) if grey else NOISE
    assert (decode(as_png(image), "x.png").pixels == image).all()


def test_a_png_may_be_grey_or_see_through() -> None:
    for image, mode in ((NOISE[..., 0], "L"), (np.concatenate([NOISE, NOISE[..., :1]], axis=2), "RGBA")):
        shown = Image.open(io.BytesIO(as_png(image)))
        assert shown.mode == mode
        assert (np.asarray(shown) == image).all()


@pytest.mark.parametrize("pixels", [NOISE, NOISE[..., 0], NOISE[:10, :10]])
def test_a_thumbnail_keeps_the_aspect_and_never_enlarges(pixels: np.ndarray) -> None:
    image = Image.open(io.BytesIO(thumbnail(pixels, side=30)))
    assert image.format == "JPEG"
    assert image.size == ((30, 20) if pixels.shape[0] == 40 else (10, 10))
