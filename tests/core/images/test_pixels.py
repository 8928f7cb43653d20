import numpy as np
import pytest
from image_files import NOISE, encoded
from PIL import Image

from core.images.decode import decode
from core.images.limits import ImageError
from core.images.pixels import to_grey_levels

GREY = NOISE[..., 0]


def scaled(values: np.ndarray) -> np.ndarray:
    """Scale from the 1st to the 99th percentile, independently."""
    low, high = np.percentile(values.astype(np.float64), (1, 99), method="nearest")
    return np.clip((values - low) * (255 / (high - low)), 0, 255)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_by_percentiles_and_said(form: str) -> None:
    deep = (GREY.astype(np.uint16) * 16) + 100
    decoded = decode(encoded(Image.fromarray(deep), form), "x")
    assert np.abs(decoded.pixels[..., 0] - scaled(deep)).max() <= 0.5
    low, high = np.percentile(deep, (1, 99), method="nearest")
    note = f"Grey values from {low:g} to {high:g} (1st to 99th percentile) were scaled to 0–255."
    assert decoded.notes == (note,)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_a_white_mark_leaves_the_rest_as_bright_as_it_was(form: str) -> None:
    deep = GREY.astype(np.uint16) * 16 + 100
    marked = deep.copy()
    marked[:4, :4] = 2**16 - 1
    without, with_mark = (
        decode(encoded(Image.fromarray(values), form), "x").pixels[..., 0] for values in (deep, marked)
    )
    assert abs(with_mark[4:].mean() - without[4:].mean()) < 3
    assert (with_mark[:4, :4] == 255).all()


def test_floats_are_scaled_whatever_their_size() -> None:
    values = GREY.astype(np.float32) * 1e36 - 1e38
    decoded = decode(encoded(Image.fromarray(values), "TIFF"), "x")
    assert np.abs(decoded.pixels[..., 0] - scaled(values.astype(np.float64))).max() <= 1
    values[0, :3] = np.nan, np.inf, -np.inf
    assert decode(encoded(Image.fromarray(values), "TIFF"), "x").pixels[0, :3, 0].tolist() == [0, 255, 0]
    with pytest.raises(ImageError, match="no finite grey values"):
        decode(encoded(Image.fromarray(np.full((4, 4), np.nan, np.float32)), "TIFF"), "x")


def test_few_pixels_that_differ_are_not_lost() -> None:
    mask = np.zeros((40, 60), np.uint16)
    mask[3, 5] = 9
    levels, note = to_grey_levels(mask)
    assert (levels[3, 5], levels.sum()) == (255, 255)
    assert "from 0 to 9 (the smallest to the largest)" in note
    assert not to_grey_levels(np.full((4, 4), 7, np.uint16))[0].any()


def test_a_window_is_used_where_it_shows_something() -> None:
    values = np.arange(1001, dtype=np.int16).reshape(7, 143)
    levels, note = to_grey_levels(values, (100, 355))
    assert levels.ravel()[[0, 100, 101, 355, 356, 1000]].tolist() == [0, 0, 1, 255, 255, 255]
    assert "from 100 to 355 (the window in the file)" in note
    assert "percentile" in to_grey_levels(values, (2000, 3000))[1]
