"""A motif, of which all images stay on one side when the images outside the domain are halved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

Kind = Literal["other scans", "photographs", "patterns", "documents and screens", "viewer frames"]
KINDS: tuple[Kind, ...] = (
    "other scans",
    "photographs",
    "patterns",
    "documents and screens",
    "viewer frames",
)
_CROP = 0.75  # side of a crop as a share of the image's


class Motif(NamedTuple):
    """What one or several images show.

    Attributes:
        kind: kind of the images.
        origin: where they come from: package and file, or generator and number.
        images: function that reads or draws them one by one, uint8 [H, W, 3] RGB of any size.
    """

    kind: Kind
    origin: str
    images: Callable[[], Iterator[Pixels]]


def generator_of(seed: int, origin: str) -> np.random.Generator:
    """Return the random generator of one motif, which others before it do not change."""
    return np.random.default_rng([seed, *origin.encode()])


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True with a probability, 0-1."""
    return bool(rng.random() < probability)


def views(pixels: Pixels) -> Iterator[Pixels]:
    """Yield an image whole, and two crops of it from opposite corners, uint8 [H, W, 3] each."""
    height, width = pixels.shape[:2]
    down, across = round(_CROP * height), round(_CROP * width)
    yield pixels
    yield np.ascontiguousarray(pixels[:down, :across])
    yield np.ascontiguousarray(pixels[height - down :, width - across :])
