"""The crop of an image to a rectangle that a user chose, written as X,Y,W,H."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from core.errors import UserError
from core.escape import visible
from core.images.frame import Box
from core.images.limits import ImageError

if TYPE_CHECKING:
    from typing import TypeAlias

SMALLEST = 32
"""Smallest width and height of a crop, pixels: the smallest input of a network."""
AUTO: Literal["auto"] = "auto"
NONE: Literal["none"] = "none"
Choice: TypeAlias = "Box | Literal['auto', 'none']"
"""A crop of every image, of those in a frame to the ultrasound image, or of none."""

_NUMBERS = re.compile(r"\s*,\s*".join([r"([0-9]{1,9})"] * 4), re.ASCII)


def parse(text: str) -> Choice:
    """Read a choice of the command line: ``auto``, ``none``, or X,Y,W,H.

    Args:
        text: words of the user; X,Y,W,H are left edge, top edge, width and height, pixels of the image as
            decoded.

    Raises:
        UserError: it is none of these, or the rectangle is smaller than ``SMALLEST``.
    """
    if text in (AUTO, NONE):
        return text
    found = _NUMBERS.fullmatch(text.strip())
    if found is None:
        raise UserError(
            f"{visible(text[:40])!r} is not a crop; give auto, none, or X,Y,W,H: left edge, top edge, "
            "width and height in pixels, such as 40,30,500,400."
        )
    left, top, width, height = map(int, found.groups())
    if min(width, height) < SMALLEST:
        raise UserError(
            f"A crop of {width} × {height} pixels is too small; give at least {SMALLEST} × {SMALLEST}."
        )
    return from_corner(left, top, width, height)


def from_corner(left: int, top: int, width: int, height: int) -> Box:
    """Return a rectangle by its top left corner and its size, pixels."""
    return Box(top, top + height, left, left + width)


def to_corner(box: Box) -> tuple[int, int, int, int]:
    """Return left edge, top edge, width and height of a rectangle, pixels."""
    return box.left, box.top, box.right - box.left, box.bottom - box.top


def write(box: Box | None) -> str:
    """Write a rectangle as X,Y,W,H, which ``parse`` reads; '' without any."""
    return "" if box is None else ",".join(map(str, to_corner(box)))


def smallest(width: int, height: int) -> tuple[int, int]:
    """Return smallest width and height of a crop of an image, pixels: a small image has smaller ones."""
    return min(SMALLEST, width), min(SMALLEST, height)


def clamp(box: Box, width: int, height: int) -> Box:
    """Return a rectangle moved and cut so that it lies within an image and is large enough.

    Its top left corner stays as far as it can; what reaches beyond the image is cut off.

    Args:
        box: rectangle of any place and size.
        width: width of the image, pixels.
        height: height of the image, pixels.
    """
    least_width, least_height = smallest(width, height)
    left = min(max(box.left, 0), width - least_width)
    top = min(max(box.top, 0), height - least_height)
    right = min(max(box.right, left + least_width), width)
    bottom = min(max(box.bottom, top + least_height), height)
    return Box(top, bottom, left, right)


def check_fits(box: Box, width: int, height: int) -> None:
    """Check that a rectangle lies within an image of so many pixels.

    Raises:
        ImageError: it does not; the message lacks its subject, the name of the file.
    """
    if box.right > width or box.bottom > height:
        what = f"has {width} × {height} pixels, in which the crop {write(box)} does not fit; choose another."
        raise ImageError(what, "crop does not fit")
