import numpy as np
import pytest
from image_files import NOISE, encoded
from PIL import Image

from core.images.decode import decode
from core.images.limits import ImageError


def test_sixteen_bits_are_scaled_and_said() -> None:
    deep = (NOISE[..., 0].astype(np.uint16) * 16) + 100
    decoded = decode(encoded(Image.fromarray(deep)), "x")
    assert np.abs(decoded.pixels[..., 0].astype(int) - NOISE[..., 0]).max() <= 1
    assert "scaled" in decoded.notes[0]


def test_floats_are_scaled_from_the_least_number_to_the_largest() -> None:
    values = NOISE[..., 0].astype(np.float32) * 1e36 - 1e38
    decoded = decode(encoded(Image.fromarray(values), "TIFF"), "x")
    assert np.abs(decoded.pixels[..., 0].astype(int) - NOISE[..., 0]).max() <= 1
    values[0, :3] = np.nan, np.inf, -np.inf
    assert decode(encoded(Image.fromarray(values), "TIFF"), "x").pixels[0, :3, 0].tolist() == [0, 255, 0]
    with pytest.raises(ImageError, match="no finite grey values"):
        decode(encoded(Image.fromarray(np.full((4, 4), np.nan, np.float32)), "TIFF"), "x")
