import numpy as np
import pytest

from core.errors import UserError
from core.images.crop import AUTO, NONE, check_fits, clamp, from_corner, parse, smallest, to_corner, write
from core.images.frame import Box
from core.images.limits import ImageError


def test_a_rectangle_is_read_as_it_is_written() -> None:
    box = parse("40,30,500,400")
    assert box == Box(30, 430, 40, 540) == from_corner(40, 30, 500, 400)
    assert to_corner(box) == (40, 30, 500, 400)
    assert write(box) == "40,30,500,400"
    assert parse(" 040 , 30,500, 400 ") == box
    assert write(None) == ""
    assert (parse("auto"), parse("none")) == (AUTO, NONE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Auto",
        "1,2,40",
        "1,2,40,50,60",
        "-1,2,40,50",
        "1.5,2,40,50",
        "1 2 40 50",
        "1,2,4\u0660,50",
        "9" * 20,
    ],
)
def test_what_is_no_crop_is_refused_with_an_example(text) -> None:
    with pytest.raises(
        UserError, match=r"is not a crop; give auto, none, or X,Y,W,H: .*, such as 40,30,500,400"
    ):
        parse(text)


@pytest.mark.parametrize("text", ["0,0,31,100", "0,0,100,31", "0,0,0,0"])
def test_a_crop_smaller_than_any_networks_input_is_refused(text) -> None:
    with pytest.raises(UserError, match=r"is too small; give at least 32 × 32\."):
        parse(text)


def test_a_rectangle_outside_the_image_does_not_fit() -> None:
    check_fits(from_corner(0, 0, 200, 100), 200, 100)
    for box in (from_corner(1, 0, 200, 100), from_corner(0, 1, 200, 100)):
        with pytest.raises(ImageError, match=r"^has 200 × 100 pixels, in which the crop .* does not fit"):
            check_fits(box, 200, 100)


@pytest.mark.parametrize(
    ("box", "fitted"),
    [
        ((10, 20, 100, 60), (10, 20, 100, 60)),
        ((150, 20, 100, 60), (150, 20, 50, 60)),  # cut at the edge
        ((190, 90, 100, 60), (168, 68, 32, 32)),  # no room for the smallest one
        ((-30, -5, 100, 60), (0, 0, 70, 55)),
        ((10, 20, 1, 1), (10, 20, 32, 32)),
        ((-500, 900, 9, 9), (0, 68, 32, 32)),
    ],
)
def test_a_rectangle_is_made_to_fit(box, fitted) -> None:
    assert to_corner(clamp(from_corner(*box), 200, 100)) == fitted


def test_every_rectangle_of_a_small_image_fits_after_it_was_clamped() -> None:
    assert smallest(20, 400) == (20, 32)
    rng = np.random.default_rng(0)
    for left, top, width, height in rng.integers(-60, 500, (200, 4)):
        fitted = clamp(from_corner(left, top, width, height), 20, 400)
        check_fits(fitted, 20, 400)
        assert (fitted.left, fitted.right - fitted.left) == (0, 20)
        assert fitted.top >= 0
        assert fitted.bottom - fitted.top >= 32


def test_a_crop_has_the_pixels_of_its_columns_and_rows() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    inside = from_corner(7, 11, 40, 33).crop(pixels)
    assert inside.shape == (33, 40, 3)
    assert (inside[0, 0] == pixels[11, 7]).all()
    assert (inside[-1, -1] == pixels[43, 46]).all()
