"""Patterns: noise of several scales, gradients, stripes, shapes, and speckle without tissue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.data.outside.motif import Motif, generator_of, happens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from core.data.outside.motif import Pixels

    Floats = NDArray[np.float64]

_SIDE = 256  # pixels
_EACH = 12  # of each pattern


def motifs(seed: int) -> list[Motif]:
    """Return a motif for each drawn pattern, one image each."""
    return [
        Motif("patterns", f"{name} {number}", partial(_image, pattern, seed, f"{name} {number}"))
        for name, pattern in _PATTERNS.items()
        for number in range(1, _EACH + 1)
    ]


def _image(pattern: Callable[[np.random.Generator], Floats], seed: int, origin: str) -> Iterator[Pixels]:
    values = pattern(generator_of(seed, origin))
    low, high = values.min(), values.max()
    levels = np.rint(255 * (values - low) / max(high - low, 1e-9)).astype(np.uint8)
    yield levels if levels.ndim > 2 else np.repeat(levels[..., np.newaxis], 3, axis=2)  # noqa: PLR2004


def _noise(rng: np.random.Generator) -> Floats:
    """Gaussian or uniform noise, smoothed by 0 to 24 pixels, some of it in colour."""
    shape = (_SIDE, _SIDE, 3) if happens(rng, 0.5) else (_SIDE, _SIDE)
    values = rng.standard_normal(shape) if happens(rng, 0.7) else rng.random(shape)
    width = float(rng.choice([0, 1, 3, 8, 24]))
    return np.asarray(cv2.GaussianBlur(values, (0, 0), width) if width else values, np.float64)


def _gradient(rng: np.random.Generator) -> Floats:
    """A linear or radial gradient that is bent, smooth or in steps."""
    down, across = _bent(rng)
    angle, centre = rng.uniform(0, 2 * np.pi), rng.random(2)
    linear = np.cos(angle) * across + np.sin(angle) * down
    values = linear if happens(rng, 0.5) else np.hypot(across - centre[0], down - centre[1])
    steps = int(rng.choice([0, 4, 12]))
    return np.asarray(np.floor(values * steps) if steps else values, np.float64)


def _stripes(rng: np.random.Generator) -> Floats:
    """Stripes, a chessboard, or rings, bent."""
    down, across = (2 * np.pi * rng.uniform(3, 25) * axis for axis in _bent(rng))
    centre = rng.uniform(0, 40, 2)
    rings = np.sin(np.hypot(across - centre[0], down - centre[1]))
    values = (np.sin(across), np.sign(np.sin(across) * np.sin(down)), rings)[int(rng.integers(3))]
    return np.asarray(values, np.float64)


def _bent(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return coordinates down and across, 0-1, bent at random: else all stripes were alike."""
    down, across = np.mgrid[0 : 1 : _SIDE * 1j, 0 : 1 : _SIDE * 1j]
    bends = (
        cv2.GaussianBlur(rng.standard_normal((_SIDE, _SIDE)), (0, 0), rng.uniform(20, 50)) for _ in range(2)
    )
    down, across = (axis + 0.06 * bend / bend.std() for axis, bend in zip((down, across), bends, strict=True))
    return down, across


def _shapes(rng: np.random.Generator) -> Floats:
    """Filled circles, rectangles and lines in random colours."""
    image = np.full((_SIDE, _SIDE, 3), rng.integers(256, size=3), np.uint8)
    for _ in range(int(rng.integers(3, 25))):
        first, second = (tuple(map(int, rng.integers(_SIDE, size=2))) for _ in range(2))
        colour = tuple(map(int, rng.integers(256, size=3)))
        what = int(rng.integers(3))
        if what == 0:
            cv2.circle(image, first, int(rng.integers(5, 60)), colour, -1)
        elif what == 1:
            cv2.rectangle(image, first, second, colour, -1)
        else:
            cv2.line(image, first, second, colour, int(rng.integers(1, 12)))
    return image.astype(np.float64)


def _speckle(rng: np.random.Generator) -> Floats:
    """Speckle without tissue, log-compressed: noise through a point spread function wider than deep."""
    real, imaginary = (
        cv2.GaussianBlur(rng.standard_normal((_SIDE, _SIDE)), (0, 0), rng.uniform(2, 6), sigmaY=1.2)
        for _ in range(2)
    )
    return np.asarray(np.log(np.hypot(real, imaginary) + 1e-3), np.float64)


_PATTERNS = {
    "noise": _noise,
    "gradient": _gradient,
    "stripes": _stripes,
    "shapes": _shapes,
    "speckle without tissue": _speckle,
}
