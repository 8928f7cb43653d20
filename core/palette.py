"""The colour-blind safe palette of Okabe and Ito (2008, "Color Universal Design"), as hex codes.

Its yellow and black are left out: one is invisible on white, the other on the dark theme.
"""

from __future__ import annotations

ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
BLUISH_GREEN = "#009E73"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
REDDISH_PURPLE = "#CC79A7"


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a hex code such as ``#E69F00``, 0–255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
