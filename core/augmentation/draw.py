"""The numbers that one random change of an image consists of."""

from __future__ import annotations

from typing import NamedTuple


class Draw(NamedTuple):
    """The drawn parameters of one image, named and measured as in Keras. The defaults change nothing.

    Attributes:
        theta: rotation, degrees.
        tx: shift along x, **pixels**. As in Keras 3 it is drawn from ``height_shift_range`` and yet moves
            the image sideways.
        ty: shift along y, **pixels**. Drawn from ``width_shift_range``, moves the image up or down.
        shear: **degrees**.
        zx: factor along x; above 1 shows more of the image, smaller.
        zy: factor along y, drawn on its own.
        flip_horizontal: mirror left to right, after everything above.
        brightness: factor on the grey value.
        contrast: factor on the distance from mid-grey (127.5).
        gamma: exponent on the grey value scaled to [0, 1].
        depth_gain: factor on the grey value of the lowest row; its inverse in the highest, 1 in the middle,
            and between them linear in decibels, as the sliders of time-gain compensation are.
        speckle: standard deviation of the noise on white, with the grey value scaled to [0, 1].
        grain: seed of that noise; without speckle it does nothing.
    """

    theta: float = 0.0
    tx: float = 0.0
    ty: float = 0.0
    shear: float = 0.0
    zx: float = 1.0
    zy: float = 1.0
    flip_horizontal: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    gamma: float = 1.0
    depth_gain: float = 1.0
    speckle: float = 0.0
    grain: int = 0
